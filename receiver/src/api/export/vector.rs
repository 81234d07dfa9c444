//! A delivery as a test vector, in the schema of `test-vectors/`.
//!
//! A vector holds its key, which a receiver neither has as a string nor gives away. A valid delivery is therefore signed
//! anew with the published key of RFC 7797 §4.2; what a refused one was refused for does not depend on the key, and where it
//! does (`signature_mismatch`), the value proves as little with this key. What does not come out with the same code is no
//! vector.

use hookseal::{Error, HEADER_NAME, Key, Signer, Verifier};
use serde_json::{Value, json};

use crate::delivery::{Delivery, Verdict};

/// The key of RFC 7797 §4.2, the `k` of a JWK.
const KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// The vector, or why there is none.
pub(super) fn vector(delivery: &Delivery) -> Result<Vec<u8>, String> {
    if delivery.truncated {
        return Err("The body is not whole.".to_owned());
    }
    let key = Key::from_jwk_k(KEY).map_err(|error| error.to_string())?;
    let verifier = Verifier::new(key.clone());
    let came = signature(delivery)?;
    let vector = if delivery.verdict == Verdict::Valid {
        let protected = |value: &str| value.split_once("..").map(|(protected, _)| protected.to_owned());
        let signed_anew = Signer::new(key).sign(&delivery.body);
        if protected(&came) != protected(&signed_anew) {
            return Err("Its protected header is not the platform's, and cannot be signed anew.".to_owned());
        }
        verifier.verify(&delivery.body, &signed_anew).map_err(|error| error.to_string())?;
        let comment = "A delivery that was valid, signed anew with the published key of RFC 7797 section 4.2.";
        let mut vector = start(delivery, comment, signed_anew);
        vector["result"] = "valid".into();
        vector["signs"] = true.into();
        vector
    } else {
        let code = verifier.verify(&delivery.body, &came).err().map(|error| Error::code(&error));
        if code != delivery.code.as_deref() {
            return Err(format!(
                "It was refused as {}, which a vector with another key does not show.",
                delivery.code.as_deref().unwrap_or("invalid")
            ));
        }
        let mut vector = start(delivery, "A delivery that was refused, with a key that is not the receiver's.", came);
        vector["result"] = "invalid".into();
        vector["code"] = code.into();
        vector
    };
    serde_json::to_vec_pretty(&vector).map_err(|error| error.to_string())
}

/// The header's value as it is judged; several lines are one list (RFC 9110 §5.3).
fn signature(delivery: &Delivery) -> Result<String, String> {
    let lines: Vec<_> = delivery.headers.get(&HEADER_NAME.to_ascii_lowercase()).collect();
    String::from_utf8(lines.join(&b", "[..])).map_err(|_| "Its signature is not text.".to_owned())
}

fn start(delivery: &Delivery, comment: &str, signature: String) -> Value {
    let body = match std::str::from_utf8(&delivery.body) {
        Ok(text) => json!({ "utf8": text }),
        Err(_) => json!({ "hex": hex::encode(&delivery.body) }),
    };
    json!({
        "id": format!("captured-{}", delivery.id),
        "comment": comment,
        "source": format!("hookseal receive {}, {:.6}", env!("CARGO_PKG_VERSION"), delivery.received_at),
        "key": { "format": "jwk", "value": KEY },
        "policy": "fixed",
        "body": body,
        "signature": signature,
    })
}
