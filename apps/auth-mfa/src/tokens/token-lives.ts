/** Life of a user's access token, in seconds (mfa.md §5.7). */
export const ACCESS_TOKEN_SECONDS = 600;
/** Longest life of a webhook endpoint's token, in seconds: the maximum of `endpointTokenSchema.ttlSeconds`. */
export const ENDPOINT_TOKEN_SECONDS_MAX = 86_400;
/** Life of the token that an API key is exchanged for, in seconds. */
export const API_KEY_TOKEN_SECONDS = 60;
/** What verifiers allow for unequal clocks, with a margin; added wherever something must outlive every token. */
export const CLOCK_SLACK_SECONDS = 60;
/** A session ends at the latest so long after the login, in seconds. */
export const SESSION_SECONDS = 7 * 86_400;
/** A refresh token that is not used for so long is void, in seconds. */
export const REFRESH_IDLE_SECONDS = 86_400;
