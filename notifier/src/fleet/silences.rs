//! The fleet's silences: every host keeps to them.

use hookseal_health::Line;
use jiff::Timestamp;

use super::record::SilenceRecord;
use super::{Fleet, FleetError, bucket};
use crate::store::events::new_id;
use crate::{NotFound, Silence};

const WHAT: &str = "a silence";

impl Fleet {
    /// Keeps transitions of a service, or of all, on every host from being told until then.
    ///
    /// # Errors
    ///
    /// What keeps it from being put into the fleet.
    pub async fn silence(
        &self,
        service: Option<String>,
        severity: Option<Line>,
        until: Timestamp,
    ) -> Result<Silence, FleetError> {
        let silence = Silence { id: new_id(), service, severity, until, created_at: super::integrations::now() };
        let silences = &self.parts().await?.silences;
        let record = bucket::json(&SilenceRecord::from(&silence));
        silences.put(silence.id.as_str(), record).await.map_err(|error| FleetError::request(WHAT, error))?;
        self.forget_ended().await?;
        Ok(silence)
    }

    /// The silences that have not ended, the one that ends first at the front.
    ///
    /// # Errors
    ///
    /// What keeps them from being asked for.
    pub async fn silences(&self) -> Result<Vec<Silence>, FleetError> {
        let mut silences = self.all_silences().await?;
        silences.retain(|silence| silence.until > Timestamp::now());
        silences.sort_by(|one, other| (one.until, &one.id).cmp(&(other.until, &other.id)));
        Ok(silences)
    }

    /// Ends a silence now. An id's beginning will do, if no other begins with it.
    ///
    /// # Errors
    ///
    /// `NotFound`; else what keeps it from being taken out of the fleet.
    pub async fn end_silence(&self, id: &str) -> Result<Silence, FleetError> {
        let silence = NotFound::or_one("silence", id, self.silences().await?, |silence| &silence.id)?;
        self.forget(&silence.id).await?;
        Ok(silence)
    }

    /// What has ended is of no use to anybody.
    async fn forget_ended(&self) -> Result<(), FleetError> {
        let now = Timestamp::now();
        for ended in self.all_silences().await?.iter().filter(|silence| silence.until <= now) {
            self.forget(&ended.id).await?;
        }
        Ok(())
    }

    async fn forget(&self, id: &str) -> Result<(), FleetError> {
        let deleted = self.parts().await?.silences.delete(id).await;
        deleted.map_err(|error| FleetError::request(WHAT, error))
    }

    async fn all_silences(&self) -> Result<Vec<Silence>, FleetError> {
        let entries = bucket::read(&self.parts().await?.silences).await?;
        entries.iter().map(|entry| bucket::value::<SilenceRecord>(WHAT, entry).map(Silence::from)).collect()
    }
}
