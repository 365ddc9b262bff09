import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { formatTime } from '../output.ts';
import { formatTable } from '../table.ts';

interface ShownDuty {
  readonly name: string;
  readonly periodSeconds: number;
  readonly holder: string | null;
  readonly endedAt: string | null;
  readonly tookMs: number | null;
  readonly answer: unknown;
  readonly error: string | null;
  readonly failures: number;
  readonly late: boolean;
}

export function addControlCommands(program: Command, cli: Cli): void {
  program
    .command('duties')
    .description('what the control plane does: last pass, duration, errors, and what is late')
    .action(
      cli.withApi(async ({ api, output }) => {
        const { duties } = await api.get<{ duties: ShownDuty[] }>('/duties');
        output.answer(duties, () =>
          duties.length === 0
            ? 'No duties yet: they begin with nightshift start.'
            : formatTable(
                ['DUTY', 'EVERY', 'LAST', 'TOOK', 'BY', 'STATE', 'WHAT IT FOUND'],
                duties.map(row),
                { wide: true },
              ),
        );
      }),
    );
}

function row(duty: ShownDuty): (string | number)[] {
  const { name, periodSeconds, holder, endedAt, tookMs, answer, error, failures, late } = duty;
  return [
    name,
    `${periodSeconds} s`,
    endedAt === null ? 'never' : formatTime(endedAt),
    tookMs === null ? '' : `${tookMs} ms`,
    holder ?? '',
    late ? 'late' : failures > 0 ? `failed ${failures}×` : 'fine',
    failures > 0 ? (error ?? '') : JSON.stringify(answer ?? ''),
  ];
}
