/** Tells whoever waits how far it is. */
export type Progress = (line: string) => void;
