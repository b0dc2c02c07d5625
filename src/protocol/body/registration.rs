//! What a registrar tells of a registration ([MS-SIPREGE]): the body of a `registration-notify`, and the
//! `presence-state` header of a 200 to REGISTER.

use crate::protocol::facts::{Fact, Facts};
use crate::protocol::params::Params;

/// The body of a notification ([MS-SIPREGE] 2.2.1.13): `deregistered;event=rejected`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationEvent {
    /// False: the endpoint was signed out.
    pub is_registered: bool,
    pub cause: Cause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Another endpoint took the place; too many of one user.
    Unregistered,
    /// The user was disabled.
    Rejected,
    /// The user is being moved.
    Deactivated,
    PresenceUnavailable,
    PreferredRegistrarChange,
    Other(String),
}

impl RegistrationEvent {
    /// Reads a body. `None` where it is no such notification.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let line = text.trim().lines().next()?;
        let (state, rest) = line.split_once(';')?;
        let is_registered = match state.trim() {
            state if state.eq_ignore_ascii_case("registered") => true,
            state if state.eq_ignore_ascii_case("deregistered") => false,
            _ => return None,
        };
        let event = Params::new(rest, b";").find(|param| param.name.eq_ignore_ascii_case("event"))?.value?;
        let cause = match event.to_ascii_lowercase().as_str() {
            "unregistered" => Cause::Unregistered,
            "rejected" => Cause::Rejected,
            "deactivated" => Cause::Deactivated,
            "userservices-unavailable" => Cause::PresenceUnavailable,
            "preferred-registrar-change" => Cause::PreferredRegistrarChange,
            _ => Cause::Other(event.into_owned()),
        };
        Some(Self { is_registered, cause })
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        facts.add("Registration", if self.is_registered { "kept" } else { "ended by the server" });
        facts.add(
            "Cause",
            match &self.cause {
                Cause::Unregistered => "another endpoint took the place",
                Cause::Rejected => "the user is not enabled any more",
                Cause::Deactivated => "the user is being moved to another server",
                Cause::PresenceUnavailable => "the presence service is not available",
                Cause::PreferredRegistrarChange => "the user has another preferred registrar",
                Cause::Other(event) => event,
            },
        );
        facts.done()
    }
}

/// The header `presence-state` ([MS-SIPREGE] 2.2.1.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresenceState {
    /// `added`, `refreshed` or `fixed`.
    pub action: Option<String>,
    /// `central` or `remote`.
    pub primary_cluster: Option<String>,
    /// False: a backup registrar answers.
    pub is_connected_to_primary: Option<bool>,
    pub is_presence_unavailable: bool,
}

impl PresenceState {
    /// The name of the header, in lower case.
    pub const HEADER: &'static str = "presence-state";

    #[must_use]
    pub fn read(value: &str) -> Self {
        let mut state = Self::default();
        for param in Params::new(value, b";,") {
            let Some(value) = param.value else { continue };
            match param.name.to_ascii_lowercase().as_str() {
                "register-action" => state.action = Some(value.into_owned()),
                "primary-cluster-type" => state.primary_cluster = Some(value.into_owned()),
                "is-connected-to-primary" => state.is_connected_to_primary = Some(value.eq_ignore_ascii_case("yes")),
                "user-services-state" => state.is_presence_unavailable = value.eq_ignore_ascii_case("unavailable"),
                _ => {}
            }
        }
        state
    }

    /// Whether the client works, but with less than usual.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.is_presence_unavailable || self.is_connected_to_primary == Some(false)
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        facts.add_some("Registration", self.action.as_ref());
        facts.add_some("Primary cluster", self.primary_cluster.as_ref());
        let connected = self.is_connected_to_primary.map(|is_connected| if is_connected { "yes" } else { "no" });
        facts.add_some("Connected to primary", connected);
        if self.is_presence_unavailable {
            facts.add("Presence service", "not available");
        }
        facts.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_be_signed_out() {
        for (body, is_registered, cause) in [
            (" deregistered;event=rejected\r\n", false, Cause::Rejected),
            ("deregistered; event = \"unregistered\"", false, Cause::Unregistered),
            ("Deregistered;Event=deactivated", false, Cause::Deactivated),
            ("registered;event=userservices-unavailable", true, Cause::PresenceUnavailable),
            ("deregistered;event=preferred-registrar-change", false, Cause::PreferredRegistrarChange),
            ("deregistered;event=else", false, Cause::Other("else".to_owned())),
        ] {
            assert_eq!(RegistrationEvent::read(body), Some(RegistrationEvent { is_registered, cause }), "{body}");
        }
        for other in ["", "deregistered", "unregistered;event=rejected", "deregistered;x=1"] {
            assert_eq!(RegistrationEvent::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_backup_registrar_and_a_healthy_one() {
        let healthy = PresenceState::read(
            "register-action=\"added\";primary-cluster-type=\"central\";is-connected-to-primary=\"yes\"",
        );
        assert_eq!((healthy.action.as_deref(), healthy.is_limited()), (Some("added"), false));
        let limited = PresenceState::read("register-action=\"fixed\"; user-services-state=unavailable");
        assert!(limited.is_limited());
        assert!(PresenceState::read("Is-Connected-To-Primary=\"no\"").is_limited());
        assert!(!PresenceState::read("").is_limited());
    }
}
