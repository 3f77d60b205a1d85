/** Injection token of the service's parsed configuration. */
export const CONFIG = Symbol('countersign:config');
/** Injection token of the Clock. */
export const CLOCK = Symbol('countersign:clock');
