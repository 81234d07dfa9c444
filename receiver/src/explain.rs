//! Why a delivery was refused, for whoever runs the receiver: when asked, and by itself where the receiver can be reached
//! from its own machine only.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hookseal::{Explain, Explanation, HEADER_NAME};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::delivery::{Delivery, Verdict};
use crate::rules::Active;

/// Called with a delivery that was refused, and why. It must not block.
pub(crate) type ExplanationObserver = Arc<dyn Fn(&Arc<Delivery>, &Explanation) + Send + Sync>;

/// Explains deliveries, one at a time: a search keeps a processor busy.
pub(crate) struct Explainer {
    active: Arc<Active>,
    turn: Semaphore,
}

impl Explainer {
    pub(crate) fn new(active: Arc<Active>) -> Self {
        Explainer { active, turn: Semaphore::new(1) }
    }

    /// With the keys for the delivery's path.
    pub(crate) async fn explain(&self, delivery: Arc<Delivery>) -> Result<Explanation, Unexplained> {
        let rules = self.active.current();
        let explain = rules.treatment(delivery.path()).explain.clone().ok_or(Unexplained::NoKeys)?;
        let _turn = self.turn.acquire().await;
        let explained = tokio::task::spawn_blocking(move || explanation(explain, &delivery)).await;
        explained.map_err(|_panicked| Unexplained::Failed)
    }
}

/// Why there is no explanation.
pub(crate) enum Unexplained {
    /// There is a verifier at the most, whose keys cannot be read back.
    NoKeys,
    /// The search panicked, which is a bug.
    Failed,
}

fn explanation(explain: Explain, delivery: &Delivery) -> Explanation {
    let explain = if delivery.truncated { explain.truncated_body() } else { explain };
    // Several values are refused as one with commas is.
    let name = HEADER_NAME.to_ascii_lowercase();
    let values: Vec<&[u8]> = delivery.headers.get(&name).collect();
    explain.explain(&delivery.body, values.join(&b", "[..]))
}

/// Explains by itself what is refused, and tells an observer.
#[derive(Clone)]
pub(crate) struct Background {
    queue: mpsc::Sender<Arc<Delivery>>,
}

/// By then the sender has its answer, which nothing here may hold up.
const HEAD_START: Duration = Duration::from_millis(10);

/// Rests for so many times as long as it worked: 2 % of one processor at the most.
const REST: u32 = 49;

impl Background {
    /// Starts where it is allowed to: what a stranger can reach must not make work.
    pub(crate) fn start(
        explainer: Arc<Explainer>,
        address: SocketAddr,
        observer: ExplanationObserver,
        stopping: CancellationToken,
    ) -> Option<Self> {
        if !address.ip().to_canonical().is_loopback() {
            return None;
        }
        let (queue, refused) = mpsc::channel(1);
        tokio::spawn(stopping.run_until_cancelled_owned(run(explainer, refused, observer)));
        Some(Background { queue })
    }

    /// Takes a delivery that was refused, unless there is enough to do already.
    pub(crate) fn consider(&self, delivery: &Arc<Delivery>) {
        if delivery.verdict == Verdict::Invalid && !delivery.truncated {
            let _ = self.queue.try_send(delivery.clone()); // when it is full, this one is left out
        }
    }
}

async fn run(explainer: Arc<Explainer>, mut refused: mpsc::Receiver<Arc<Delivery>>, observer: ExplanationObserver) {
    while let Some(delivery) = refused.recv().await {
        sleep(HEAD_START).await;
        let start = Instant::now();
        if let Ok(explanation) = explainer.explain(delivery.clone()).await {
            observer(&delivery, &explanation);
        }
        sleep(start.elapsed() * REST).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    #[tokio::test]
    async fn by_itself_only_where_no_stranger_can_reach_it() {
        for (address, allowed) in [
            ("127.0.0.1:80", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("0.0.0.0:80", false),
            ("[::]:80", false),
            ("192.0.2.1:80", false),
        ] {
            let active = Active::new(Rules::default()).unwrap();
            let explainer = Arc::new(Explainer::new(Arc::new(active)));
            let started =
                Background::start(explainer, address.parse().unwrap(), Arc::new(|_, _| {}), CancellationToken::new());
            assert_eq!(started.is_some(), allowed, "{address}");
        }
    }
}
