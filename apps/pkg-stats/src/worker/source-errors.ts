import type { Problem } from '../contract.js';

/** A source does not answer as it should. */
export class SourceError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SourceError';
    this.problem = problem;
  }
}

/** It was not asked, as it did not answer a moment ago. */
export class RestingError extends SourceError {}

/** A source says that there is no such thing. */
export class NotFoundError extends Error {
  /** What there is not. */
  readonly thing: string;

  constructor(thing: string) {
    super(`There is no "${thing}"`);
    this.name = 'NotFoundError';
    this.thing = thing;
  }
}
