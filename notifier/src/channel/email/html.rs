//! The e-mail in HTML: readable on a light and on a dark background, and without anything to load.

use crate::Message;
use crate::channel::wording::{Origin, Tone, facts, when};

/// No colours but the severity's bar and a grey that stands out from black and from white: what the reader's program has
/// chosen for text and background stays.
pub(super) fn page(message: &Message) -> String {
    let tone = Tone::of(message);
    let origin = Origin::of(message);
    let row = |name: &str, value: &str| {
        format!(
            "<tr><td style=\"padding:2px 16px 2px 0;color:#808080\">{}</td><td style=\"padding:2px 0\">{}</td></tr>\n",
            escaped(name),
            escaped(value),
        )
    };
    let mut rows: String = facts(message).iter().map(|(name, value)| row(name, value)).collect();
    rows.push_str(&row("Project", origin.project));
    rows.push_str(&row("Environment", &origin.environment()));
    rows.push_str(&row("Time", &when(message.created_at)));
    format!(
        "<!DOCTYPE html>\n\
         <html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\
         <title>{word}</title>\
         <style>:root{{color-scheme:light dark}}</style></head>\n\
         <body style=\"font-family:system-ui,sans-serif;font-size:15px;line-height:1.5;margin:24px\">\n\
         <div style=\"border-left:4px solid {colour};padding-left:16px;max-width:640px\">\n\
         <p style=\"margin:0 0 4px;font-weight:600;color:{colour}\">{word}</p>\n\
         <p style=\"margin:0 0 16px;font-size:17px\">{text}</p>\n\
         <table style=\"border-collapse:collapse;font-size:14px\">\n{rows}</table>\n\
         <p style=\"margin:16px 0 0;font-size:12px;color:#808080\">hookseal, event {id}</p>\n\
         </div>\n</body></html>\n",
        word = tone.word(),
        colour = tone.colour(),
        text = escaped(message.text()),
        id = message.id,
    )
}

/// Text that HTML shows as it is, in elements and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use hookseal_health::{Notification, Resource, Severity};

    use super::*;
    use crate::Content;

    #[test]
    fn what_a_message_says_is_text_and_never_markup() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let mut notification = Notification::example(Resource::Disk, Severity::Critical, uuid::Uuid::nil(), at);
        notification.payload.service = "<img src=x onerror=alert(1)>".to_owned();
        notification.text = "a \"quoted\" & <b>bold</b> 'text'".to_owned();
        notification.project = "</td></table><script>".to_owned();
        let page = page(&Message::try_from(Content::Notification(notification)).unwrap());
        assert!(!page.contains("<img") && !page.contains("<b>") && !page.contains("<script>"), "{page}");
        assert!(page.contains("a &quot;quoted&quot; &amp; &lt;b&gt;bold&lt;/b&gt; &#39;text&#39;"), "{page}");
        assert!(!page.contains("http:") && !page.contains("https:"), "it loads nothing");
    }
}
