/** Why a batch's signal is aborted: the consumer shuts down; what runs has a bounded time to end. */
export const STOPPING = 'stopping';
/** The group gives the partition to another member, which waits until this one lets it go. */
export const RELEASED = 'released';
/** The partition is already another member's, or was set back: nothing of the batch may be begun any more. */
export const LOST = 'lost';
