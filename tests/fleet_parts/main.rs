//! The fleet's parts, each against a real `nats-server`: what agents publish, and what workers make of it.
#![cfg(unix)]

mod access;
mod agent;
mod buckets;
mod dead;
mod interruptions;
mod setting;
mod worker;
