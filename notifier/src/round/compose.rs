//! Words what there is to tell, and addresses it.

use hookseal_health::{Notification, Origin};
use jiff::Timestamp;
use uuid::Uuid;

use super::{RoundOptions, Tell};
use crate::store::events::{NewDelivery, NewEvent};
use crate::store::integrations::Target;
use crate::{Content, IntegrationType, Message, MessageError, RecipientGroups, Welcome, WelcomeKind};

/// The first message of an integration that is new, where its type has one.
pub(super) fn welcome(
    options: &RoundOptions,
    target: &Target,
    now: Timestamp,
) -> Result<Option<NewEvent>, MessageError> {
    if target.kind != IntegrationType::Slack || !options.welcomes {
        return Ok(None);
    }
    let RoundOptions { project, environment, .. } = options;
    let (id, environments) = (Uuid::now_v7(), vec![environment.clone()]);
    let welcome =
        Welcome::new(WelcomeKind::Created, id, now, project.clone(), environments, target.id.clone(), target.kind);
    let message = Message::try_from(Content::Welcome(welcome))?;
    let lane = format!("integration/{}", target.id);
    Ok(Some(NewEvent { message, deliveries: vec![NewDelivery::new(target.id.clone(), None, lane)] }))
}

/// A notification, and a delivery for everybody whom it is for.
pub(super) fn notification<'a>(
    options: &RoundOptions,
    tell: &Tell,
    targets: impl Iterator<Item = &'a Target>,
    now: Timestamp,
) -> Result<NewEvent, MessageError> {
    let lane = format!("{}/{}", tell.service, tell.transition.resource);
    let origin = Origin {
        project: options.project.clone(),
        environments: vec![options.environment.clone()],
        service: tell.service.to_string(),
    };
    let notification = Notification::new(tell.transition, Uuid::now_v7(), now, origin);
    let message = Message::try_from(Content::Notification(notification))?;
    let deliveries = targets.flat_map(|target| deliveries(target, &options.groups, &lane)).collect();
    Ok(NewEvent { message, deliveries })
}

/// One for an integration; of an e-mail one for each recipient, because a server that refuses one of them would refuse all.
pub(crate) fn deliveries(target: &Target, groups: &RecipientGroups, lane: &str) -> Vec<NewDelivery> {
    let id = || target.id.clone();
    match target.kind {
        IntegrationType::Email => groups
            .expand(&target.recipients)
            .into_iter()
            .map(|recipient| {
                let lane = format!("{lane} {recipient}");
                NewDelivery::new(id(), Some(recipient), lane)
            })
            .collect(),
        IntegrationType::PagerDuty | IntegrationType::Slack | IntegrationType::Webhook => {
            vec![NewDelivery::new(id(), None, lane.to_owned())]
        }
    }
}
