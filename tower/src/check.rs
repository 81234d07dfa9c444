//! From a request's head and body to a verdict.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use hookseal::{Error, HEADER_NAME, Verified, VerifyStream, single_signature};
use http::Request;
use http::request::Parts;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::BoxError;
use crate::collect::Collector;
use crate::layer::Config;
use crate::refusal::Refusal;

pin_project! {
    /// A delivery on its way to a verdict. Its head is judged at once; what is wrong there is refused without a look at the
    /// body.
    pub(crate) struct Check<B> {
        config: Arc<Config>,
        head: Option<Parts>,
        begun: Option<Result<Progress, Refusal>>,
        #[pin]
        body: B,
    }
}

struct Progress {
    stream: VerifyStream,
    collector: Collector,
}

/// A delivery whose signature is valid.
pub(crate) struct Delivery {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
    pub(crate) verified: Verified,
}

impl Delivery {
    /// The request as it came, with what was verified in its extensions.
    pub(crate) fn into_request<T>(mut self, body: impl FnOnce(Bytes) -> T) -> Request<T> {
        self.head.extensions.insert(self.verified);
        Request::from_parts(self.head, body(self.body))
    }
}

impl<B: Body> Check<B> {
    pub(crate) fn new(config: Arc<Config>, request: Request<B>) -> Self {
        let (head, body) = request.into_parts();
        let begun = begin(&config, &head, body.size_hint().lower());
        Check { config, head: Some(head), begun: Some(begun), body }
    }
}

fn begin(config: &Config, head: &Parts, announced: u64) -> Result<Progress, Refusal> {
    if announced > config.max_body as u64 {
        return Err(Error::BodyTooLarge { limit: config.max_body as u64 }.into());
    }
    let signature = single_signature(head.headers.get_all(HEADER_NAME))?;
    let verifier = config.verifier(head).ok_or(Refusal::NoKey)?;
    // Hashed as it comes in, so that a large body does not hold up the executor at its end.
    Ok(Progress { stream: verifier.stream(signature)?, collector: Collector::new(config.max_body) })
}

impl<B> Future for Check<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Output = Result<Delivery, Refusal>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let outcome = match this.begun {
            Some(Ok(progress)) => ready!(read(this.body.as_mut(), progress, cx)),
            _ => Ok(()),
        };
        // Polled again after its end it has nothing more to say.
        let (Some(begun), Some(head)) = (this.begun.take(), this.head.take()) else { return Poll::Pending };
        let verdict = outcome.and(begun).and_then(|Progress { stream, collector }| {
            let verified = stream.finish()?;
            Ok((verified, collector.finish()))
        });
        Poll::Ready(match verdict {
            Ok((verified, body)) => Ok(Delivery { head, body, verified }),
            Err(refusal) => {
                this.config.refused(&head, &refusal);
                Err(refusal)
            }
        })
    }
}

/// Reads the body to its end. Trailers are dropped: no signature covers them.
fn read<B>(mut body: Pin<&mut B>, progress: &mut Progress, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    while let Some(frame) = ready!(body.as_mut().poll_frame(cx)) {
        match frame {
            Err(error) => return Poll::Ready(Err(Refusal::Body(error.into()))),
            Ok(frame) => {
                if let Ok(mut data) = frame.into_data() {
                    let piece = data.copy_to_bytes(data.remaining()); // no copy where it is `Bytes` already
                    progress.collector.push(piece.clone())?;
                    progress.stream.update(&piece);
                }
            }
        }
    }
    Poll::Ready(Ok(()))
}
