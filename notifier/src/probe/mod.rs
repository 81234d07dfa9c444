//! How full a service's disk is.
