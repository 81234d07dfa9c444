//! A future that goes on when it is dropped.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// Is polled by whoever waits for it. Should they no longer wait, a task of its own sees it to its end: a task from the start
/// would cost each of them two turns of the scheduler, for the sake of a few.
pub(crate) struct Unstoppable<F: Future<Output: Send> + Send + 'static> {
    /// What is left to do: nothing once it is done, or has panicked.
    rest: Option<Pin<Box<F>>>,
}

impl<F: Future<Output: Send> + Send + 'static> Unstoppable<F> {
    pub(crate) fn new(future: F) -> Self {
        Unstoppable { rest: Some(Box::pin(future)) }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Unstoppable<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(mut rest) = self.rest.take() else { return Poll::Pending };
        let outcome = rest.as_mut().poll(context);
        if outcome.is_pending() {
            self.rest = Some(rest);
        }
        outcome
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Unstoppable<F> {
    fn drop(&mut self) {
        // Without a runtime the process is about to end.
        if let (Some(rest), Ok(runtime)) = (self.rest.take(), Handle::try_current()) {
            runtime.spawn(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_goes_on() {
        for is_begun in [false, true] {
            let (go, told) = oneshot::channel();
            let (done, outcome) = oneshot::channel();
            let mut future = Unstoppable::new(async { done.send(told.await).unwrap() });
            if is_begun {
                assert!(timeout(Duration::from_millis(1), &mut future).await.is_err());
            }
            drop(future);
            go.send(1).unwrap();
            assert_eq!(outcome.await, Ok(Ok(1)));
        }
    }

    #[tokio::test]
    async fn what_is_done_is_done_once() {
        let (done, mut outcomes) = tokio::sync::mpsc::unbounded_channel();
        let mut future = Unstoppable::new(async move { done.send(1).is_ok() });
        assert!((&mut future).await);
        assert!(timeout(Duration::from_millis(1), &mut future).await.is_err());
        drop(future);
        assert_eq!((outcomes.recv().await, outcomes.recv().await), (Some(1), None));
    }

    #[tokio::test]
    async fn what_panics_does_not_go_on() {
        let (held, mut told) = oneshot::channel::<()>();
        let panics = tokio::spawn(Unstoppable::new(async move {
            let _held = held;
            tokio::task::yield_now().await;
            panic!("as it should");
        }));
        assert!(panics.await.unwrap_err().is_panic());
        assert!(told.try_recv().unwrap_err() == oneshot::error::TryRecvError::Closed);
    }
}
