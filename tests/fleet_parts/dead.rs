//! Deliveries that were given up.

use hookseal_notifier::{FleetError, Revive};
use hookseal_tests::NatsServer;

use crate::setting::{Endpoint, Host, add, eventually, fleet, webhook, worker};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_kept_and_delivered_again_when_told() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let worker = worker(&fleet).start().unwrap();
    let host = Host::start(&fleet).await;
    let integration = add(&fleet, webhook(endpoint.address, "/health")).await;
    host.knows(1).await;
    endpoint.answers(400);
    host.wavers(1).await;
    let letters = eventually("both are given up", || async {
        Some(fleet.dead_letters(None, 10).await.unwrap()).filter(|letters| letters.len() == 2)
    })
    .await;
    let received = endpoint.received("/health");
    assert_eq!(received.len(), 2, "each was tried once");
    assert_eq!(letters[1].event.to_string(), received[0].event, "the newest first");
    assert_eq!((letters[1].attempts, &letters[1].integration), (1, &integration.id));
    assert!(letters[1].error.as_ref().unwrap().contains("400"), "{letters:?}");
    assert_eq!(fleet.dead_letters(Some(&integration.id), 1).await.unwrap().len(), 1);

    endpoint.answers(200);
    let unknown = fleet.revive(&Revive::One(1_000)).await.unwrap_err();
    assert!(matches!(unknown, FleetError::NotFound(_)), "{unknown:?}");
    assert_eq!(fleet.revive(&Revive::One(letters[0].id)).await.unwrap(), 1);
    let again = endpoint.gets(3, "/health").await;
    assert_eq!(again[2].event, letters[0].event.to_string(), "the event keeps its id");
    assert_eq!(fleet.revive(&Revive::All(Some(integration.id.clone()))).await.unwrap(), 1);
    let again = endpoint.gets(4, "/health").await;
    assert_eq!(again[3].event, letters[1].event.to_string());
    assert!(fleet.dead_letters(None, 10).await.unwrap().is_empty());
    assert_eq!(fleet.revive(&Revive::All(None)).await.unwrap(), 0);
    worker.shutdown().await;
}
