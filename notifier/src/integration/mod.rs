//! Whom to tell, and how.
