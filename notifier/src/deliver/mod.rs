//! From the outbox to the channels: at least once, in order in each lane, in parallel across.
