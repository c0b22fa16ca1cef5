/** The service that answers nothing. */
export const MUTE_SERVICE = 'mute-service';
export const MUTE_API = 'never';
