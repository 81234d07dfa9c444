//! Black-box tests across the parts; this library holds what they share.
