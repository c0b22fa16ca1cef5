import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A process of its own that answers questions, ended with the test. */
export interface Child {
  ask<Answer>(question: string, ...args: unknown[]): Promise<Answer>;
  /** All that it has written to stdout and stderr. */
  readonly written: string;
}

interface Answered {
  readonly id: number;
  readonly answer?: unknown;
  readonly problem?: string;
}

/** Runs a script of this folder; resolves when it is ready. */
export async function startChild(script: string, options: unknown): Promise<Child> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, [JSON.stringify(options)], { silent: true, execArgv: ['--expose-gc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      written += chunk;
    });
  }
  const waiting = new Map<number, (answered: Answered) => void>();
  child.on('message', (answered: Answered) => {
    waiting.get(answered.id)?.(answered);
    waiting.delete(answered.id);
  });
  child.on('exit', (code) => {
    for (const [id, settle] of waiting) settle({ id, problem: `${script} ended with ${code}: ${written}` });
  });
  const answerTo = (id: number) =>
    new Promise<unknown>((resolve, reject) =>
      waiting.set(id, ({ answer, problem }) => (problem === undefined ? resolve(answer) : reject(new Error(problem)))),
    );
  let asked = 0;
  await answerTo(0);
  return {
    ask: <Answer>(question: string, ...args: unknown[]) => {
      if (!child.connected) return Promise.reject(new Error(`${script} has ended: ${written}`));
      const id = ++asked;
      const answer = answerTo(id) as Promise<Answer>;
      child.send({ id, question, args });
      return answer;
    },
    get written() {
      return written;
    },
  };
}
