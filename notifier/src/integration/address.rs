//! Whom e-mail goes to, and whom it is from.

use lettre::Address;
use lettre::message::Mailbox;

/// The vendor's names for everybody with a role in the project. The configuration says who they are.
const ADMINS: &str = "#admins";
const VIEWERS: &str = "#viewers";

/// Who `#admins` and `#viewers` are: `admins` and `viewers` of the configuration's `[smtp]`.
///
/// Whoever has no accounts, as a notifier on a machine has none, cannot know who has which role in a project. So the
/// operator names them, once, and integrations refer to them as they do at the vendor's.
///
/// ```
/// use hookseal_notifier::RecipientGroups;
///
/// let groups = RecipientGroups { admins: vec!["ada@example.com".into(), "bob@example.com".into()], viewers: vec![] };
/// let recipients = ["bob@example.com".to_owned(), "#admins".to_owned(), "#viewers".to_owned()];
/// assert_eq!(groups.expand(&recipients), ["bob@example.com", "ada@example.com", "#viewers"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientGroups {
    /// Who `#admins` are.
    pub admins: Vec<String>,
    /// Who `#viewers` are.
    pub viewers: Vec<String>,
}

impl RecipientGroups {
    /// The addresses that recipients come to, each once, with a delivery for each. A group that nobody is in stays: its
    /// delivery waits for somebody to be named.
    #[must_use]
    pub fn expand(&self, recipients: &[String]) -> Vec<String> {
        let mut expanded: Vec<String> = Vec::with_capacity(recipients.len());
        for recipient in recipients {
            for address in self.members(recipient).unwrap_or(std::slice::from_ref(recipient)) {
                if !expanded.iter().any(|known| known.eq_ignore_ascii_case(address)) {
                    expanded.push(address.clone());
                }
            }
        }
        expanded
    }

    /// Who is in a group; `None` when it is none, or nobody is.
    pub(crate) fn members(&self, recipient: &str) -> Option<&[String]> {
        let members = match recipient {
            ADMINS => &self.admins,
            VIEWERS => &self.viewers,
            _ => return None,
        };
        (!members.is_empty()).then_some(members)
    }
}

/// A recipient: an address, or a group.
pub(super) fn check_recipient(text: &str) -> Result<(), UnusableAddress> {
    if matches!(text, ADMINS | VIEWERS) { Ok(()) } else { check_address(text) }
}

/// A sender: an address, or a name with one, as in `Health <health@example.com>`.
pub(crate) fn check_sender(text: &str) -> Result<(), UnusableAddress> {
    match text.parse::<Mailbox>() {
        Ok(_) => Ok(()),
        Err(_) => Err(UnusableAddress::new(text)),
    }
}

pub(crate) fn check_address(text: &str) -> Result<(), UnusableAddress> {
    match text.parse::<Address>() {
        Ok(_) => Ok(()),
        Err(_) => Err(UnusableAddress::new(text)),
    }
}

/// This is no address that e-mail can go to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an e-mail address: write it as in ops@example.com")]
pub struct UnusableAddress {
    text: String,
}

impl UnusableAddress {
    pub(crate) fn new(text: &str) -> Self {
        UnusableAddress { text: text.to_owned() }
    }
}
