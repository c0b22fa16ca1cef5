/** Longest client id, in UTF-16 code units. */
export const MAX_CLIENT_ID_LENGTH = 128;

/** Longest event or room name, in UTF-16 code units. */
export const MAX_NAME_LENGTH = 256;

/** Longest instance secret, in characters. */
export const MAX_SECRET_LENGTH = 128;

/** Most arguments that one message or answer carries. */
export const MAX_ARGUMENTS = 255;

/** Deepest nesting of arrays and objects inside one argument. */
export const MAX_DEPTH = 64;

/** Operations that wait for the first connect at the same time, per client. */
export const MAX_QUEUED_OPERATIONS = 1_000;

/** Time that an operation may take unless told otherwise, in ms. */
export const DEFAULT_TIMEOUT = 10_000;

/** Longest deadline, in ms: what a timer can hold. */
export const MAX_TIMEOUT = 2_147_483_647;
