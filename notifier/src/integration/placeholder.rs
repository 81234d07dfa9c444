//! Values that the documentation's commands stand for others with, and people paste as they are.

/// What to put in the place of a placeholder; `None` when the value is none.
pub(super) fn hint(value: &str) -> Option<&'static str> {
    let hint = match value.trim() {
        "JWS-SYMMETRIC-KEY" => {
            "is the documentation's placeholder: put a key of your own in its place, which `hookseal keygen` makes, and \
             give the same one to the receiver"
        }
        "A-URL-THAT-CAN-RECEIVE-THE-POSTED-JSON" => {
            "is the documentation's placeholder: put the receiver's URL in its place, as in https://example.com/health"
        }
        "YOUR_API_TOKEN" => {
            "is the documentation's placeholder: put the bot's token in its place, which begins with xoxb-; Slack shows \
             it as Bot User OAuth Token"
        }
        "YOUR_ROUTING_KEY" => {
            "is the documentation's placeholder: put the integration key in its place, which PagerDuty shows for an \
             integration of the Events API v2"
        }
        _ => return None,
    };
    Some(hint)
}
