//! How a message reaches somebody: webhook, Slack, PagerDuty, e-mail.
