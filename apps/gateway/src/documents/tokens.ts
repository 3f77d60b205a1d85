/** Injection token of the merged OpenAPI document, which the gateway shows and routes by. */
export const API_DOCUMENT = Symbol('gateway:api-document');
