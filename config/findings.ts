/** Something to tell about the configuration: an error stops the start, a warning does not. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly variable: string;
  /** What is wrong, where, and what to do; never with a password in it. */
  readonly message: string;
}

export function error(variable: string, sentence: string): Finding {
  return { severity: 'error', variable, message: `${variable}: ${sentence}` };
}

export function warning(variable: string, sentence: string): Finding {
  return { severity: 'warning', variable, message: `${variable}: ${sentence}` };
}
