//! A delivery as the API shows it, with its body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::delivery::Delivery;
use crate::view::DeliveryView;

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    delivery: DeliveryView<'a>,
    body_base64: String,
}

pub(super) fn line(delivery: &Delivery) -> serde_json::Result<Vec<u8>> {
    let line = Line { delivery: DeliveryView::new(delivery), body_base64: STANDARD.encode(&delivery.body) };
    let mut json = serde_json::to_vec(&line)?;
    json.push(b'\n');
    Ok(json)
}
