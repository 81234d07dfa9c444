//! One check of everything that is watched.
