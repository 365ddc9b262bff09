/** Bull Board sets no bound: whoever asked for a million jobs would get them, through our memory. */
const mostPerPage = 100;

/** What was asked, as Bull Board may read it: bounded, and without what it would stumble over. */
export function boundQuery(query: unknown): Record<string, unknown> {
  const fields = Object.entries(query as object).filter(([, value]) => isReadable(value));
  const { jobsPerPage, ...rest } = Object.fromEntries(fields);
  if (jobsPerPage === undefined) return rest;
  const wanted = Number(jobsPerPage);
  return { ...rest, jobsPerPage: wanted > mostPerPage ? String(mostPerPage) : jobsPerPage };
}

/** It decodes names once more, and fails where that cannot be done. */
function isReadable(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    decodeURIComponent(value);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
