//! One check: from what the probes found out to states, events and deliveries, in one transaction.

mod plan;
