//! The running notifier.
