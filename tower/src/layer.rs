//! How deliveries are to be verified, as a layer.

use std::fmt;
use std::sync::Arc;

use hookseal::Verifier;
use http::request::Parts;
use tower_layer::Layer;

use crate::refusal::Refusal;
use crate::service::Verify;

type Choose = Arc<dyn Fn(&Parts) -> Option<Arc<Verifier>> + Send + Sync>;
type OnRefused = Arc<dyn Fn(&Parts, &Refusal) + Send + Sync>;

/// Puts [`Verify`] in front of a service: only deliveries whose signature is valid reach it.
///
/// It is also the state that the extractor `Signed` (feature `axum`) asks for. Clones share what they hold.
///
/// ```
/// use bytes::Bytes;
/// use hookseal::{Key, Signer, Verified, Verifier};
/// use hookseal_tower::VerifyLayer;
/// use http::{Request, Response};
/// use http_body_util::{BodyExt, Full};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let key = Key::from_bytes([7; 32])?;
/// let signature = Signer::new(key.clone()).sign(b"{}");
///
/// let service = ServiceBuilder::new()
///     .layer(VerifyLayer::new(Verifier::new(key)))
///     .service(service_fn(async |delivery: Request<Full<Bytes>>| {
///         assert!(delivery.extensions().get::<Verified>().is_some());
///         Ok::<_, std::convert::Infallible>(Response::new(delivery.into_body()))
///     }));
///
/// let signed = Request::post("/").header("X-JWS-Signature", signature).body(Full::new(Bytes::from("{}")))?;
/// let answer = service.clone().oneshot(signed).await?;
/// assert_eq!(answer.into_body().collect().await?.to_bytes(), "{}");
///
/// let unsigned = Request::post("/").body(Full::new(Bytes::from("{}")))?;
/// let answer = service.oneshot(unsigned).await?;
/// assert_eq!(answer.status(), 401);
/// assert_eq!(answer.into_body().collect().await?.to_bytes(), "{\"code\":\"missing_signature\"}\n");
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct VerifyLayer {
    config: Arc<Config>,
}

#[derive(Clone)]
pub(crate) struct Config {
    keys: Keys,
    pub(crate) max_body: usize,
    on_refused: Option<OnRefused>,
}

#[derive(Clone)]
enum Keys {
    One(Arc<Verifier>),
    Chosen(Choose),
}

impl VerifyLayer {
    /// Verifies every delivery with one [`Verifier`], which may hold several keys.
    pub fn new(verifier: impl Into<Arc<Verifier>>) -> Self {
        Self::with_keys(Keys::One(verifier.into()))
    }

    /// Asks for the verifier of each delivery, given its head: for senders with keys of their own. Where there is none
    /// the delivery is refused, and the answer is that of a signature that does not match.
    ///
    /// `choose` must not block. What has to be looked up elsewhere is looked up by a layer in front of this one, which
    /// leaves it in the request's extensions.
    ///
    /// ```
    /// use std::{collections::HashMap, sync::Arc};
    /// use hookseal::{Key, Verifier};
    /// use hookseal_tower::VerifyLayer;
    ///
    /// let mut verifiers = HashMap::new();
    /// verifiers.insert("/hooks/shop".to_owned(), Arc::new(Verifier::new(Key::from_bytes([7; 32])?)));
    /// verifiers.insert("/hooks/blog".to_owned(), Arc::new(Verifier::new(Key::from_bytes([8; 32])?)));
    /// let layer = VerifyLayer::choosing(move |head| verifiers.get(head.uri.path()).cloned());
    /// # Ok::<(), hookseal::Error>(())
    /// ```
    pub fn choosing(choose: impl Fn(&Parts) -> Option<Arc<Verifier>> + Send + Sync + 'static) -> Self {
        Self::with_keys(Keys::Chosen(Arc::new(choose)))
    }

    fn with_keys(keys: Keys) -> Self {
        VerifyLayer { config: Arc::new(Config { keys, max_body: 1 << 20, on_refused: None }) }
    }

    /// The largest body that is accepted, in octets; 1 MiB unless told. A larger one is `body_too_large`, and is not read
    /// at all where its size is announced.
    #[must_use]
    pub fn max_body(mut self, octets: usize) -> Self {
        Arc::make_mut(&mut self.config).max_body = octets;
        self
    }

    /// Called with each delivery that is refused, for a log or a counter. The sender learns a status and a code, and
    /// nothing of what [`Refusal`] says besides. It must not block.
    #[must_use]
    pub fn on_refused(mut self, observe: impl Fn(&Parts, &Refusal) + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.config).on_refused = Some(Arc::new(observe));
        self
    }

    #[cfg(feature = "axum")]
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.clone()
    }
}

impl Config {
    pub(crate) fn verifier(&self, head: &Parts) -> Option<Arc<Verifier>> {
        match &self.keys {
            Keys::One(verifier) => Some(verifier.clone()),
            Keys::Chosen(choose) => choose(head),
        }
    }

    pub(crate) fn refused(&self, head: &Parts, refusal: &Refusal) {
        if let Some(observe) = &self.on_refused {
            observe(head, refusal);
        }
    }
}

impl<S> Layer<S> for VerifyLayer {
    type Service = Verify<S>;

    fn layer(&self, inner: S) -> Verify<S> {
        Verify::new(inner, self.config.clone())
    }
}

impl fmt::Debug for VerifyLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyLayer").field("max_body", &self.config.max_body).finish_non_exhaustive()
    }
}
