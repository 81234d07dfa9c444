//! What the configuration says about channels.

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::{Config, NetworkGuard, RecipientGroups, Smtp};

/// What the configuration says about channels; `ChannelOptions::from(&config)` takes it from there.
#[derive(Clone)]
#[non_exhaustive]
pub struct ChannelOptions {
    /// The project that is watched.
    pub project: String,
    /// Its environment.
    pub environment: String,
    /// The mail server; without one e-mails wait.
    pub smtp: Option<Smtp>,
    /// Who `#admins` and `#viewers` are.
    pub groups: RecipientGroups,
    /// Slack's API, where it is not `https://slack.com/api/`.
    pub slack_api_url: Option<Url>,
    /// PagerDuty's Events API, where it is not `https://events.pagerduty.com/`.
    pub pagerduty_api_url: Option<Url>,
    /// An HTTP proxy for all but e-mail. Its user and password, if any, stand in the URL.
    pub proxy: Option<Url>,
    /// Which addresses webhooks may reach.
    pub network: NetworkGuard,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl Default for ChannelOptions {
    fn default() -> Self {
        ChannelOptions::from(&Config::default())
    }
}

impl From<&Config> for ChannelOptions {
    fn from(config: &Config) -> Self {
        ChannelOptions {
            project: config.project.clone(),
            environment: config.environment.clone(),
            smtp: config.smtp.clone(),
            groups: config.smtp.as_ref().map(|smtp| smtp.groups.clone()).unwrap_or_default(),
            slack_api_url: config.slack_api_url.clone(),
            pagerduty_api_url: config.pagerduty_api_url.clone(),
            proxy: config.proxy.clone(),
            network: NetworkGuard::new(config.allow_network.clone()),
            timeout: config.delivery.timeout,
        }
    }
}

/// Without the URLs: a proxy's holds a password.
impl fmt::Debug for ChannelOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChannelOptions { smtp, network, timeout, .. } = self;
        let mut options = f.debug_struct("ChannelOptions");
        options.field("smtp", smtp).field("network", network).field("timeout", timeout).finish_non_exhaustive()
    }
}
