//! The dated history of an order's tracking steps.

use crate::actions::{Context, Error};
use crate::db::Tx;
use chrono::TimeDelta;
use domain::id::OrderId;
use domain::order::{StepStatus, TrackingStep};
use entity::{order, order_step};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, QueryOrder};

/// The whole history of an order, oldest first.
///
/// # Errors
/// The database's.
pub async fn lines<C: ConnectionTrait>(db: &C, order: OrderId) -> Result<Vec<order_step::Model>, Error> {
    Ok(order_step::Entity::of(order).order_by_asc(order_step::Column::At).all(db).await?)
}

/// Appends a line to the history of a step. Lines of one instant are a microsecond apart: they keep
/// their order.
///
/// # Errors
/// The database's.
pub async fn history(
    tx: &Tx,
    cx: &Context<'_>,
    order: &order::Model,
    step: TrackingStep,
    status: StepStatus,
) -> Result<(), Error> {
    let (fr, en) = label(step, status);
    let last = order_step::Entity::of(order.id).order_by_desc(order_step::Column::At).one(&**tx).await?;
    let at = last.map_or(cx.now, |line| cx.now.max(line.at + TimeDelta::microseconds(1)));
    let row = order_step::ActiveModel {
        id: Set(cx.id()),
        order_id: Set(order.id),
        step: Set(step),
        status: Set(status),
        at: Set(at),
        label_fr: Set(fr.to_owned()),
        label_en: Set(en.to_owned()),
    };
    row.insert(&**tx).await?;
    Ok(())
}

/// Where each step stands, in their order, after this history (oldest first). A step without history
/// has not begun.
#[must_use]
pub fn standing(history: &[order_step::Model]) -> [(TrackingStep, StepStatus); 4] {
    let last = |step| {
        let status = history.iter().rev().find(|line| line.step == step).map_or(StepStatus::Todo, |line| line.status);
        (step, status)
    };
    [
        last(TrackingStep::Validating),
        last(TrackingStep::Validated),
        last(TrackingStep::Delivery),
        last(TrackingStep::Available),
    ]
}

const fn label(step: TrackingStep, status: StepStatus) -> (&'static str, &'static str) {
    match (step, status) {
        (TrackingStep::Validating, StepStatus::Todo) => {
            ("Commande reçue, en attente de paiement", "Order received, waiting for its payment")
        }
        (TrackingStep::Validating, StepStatus::Doing) => ("Commande en cours de validation", "Order being checked"),
        (TrackingStep::Validating, StepStatus::Done) => ("Vérification terminée", "Check finished"),
        (TrackingStep::Validating, StepStatus::Error) => ("Vérification interrompue", "Check interrupted"),
        (TrackingStep::Validated, StepStatus::Todo | StepStatus::Doing) => ("Validation à venir", "Validation to come"),
        (TrackingStep::Validated, StepStatus::Done) => ("Commande validée", "Order validated"),
        (TrackingStep::Validated, StepStatus::Error) => ("Commande non validée", "Order not validated"),
        (TrackingStep::Delivery, StepStatus::Todo) => ("Livraison à venir", "Delivery to come"),
        (TrackingStep::Delivery, StepStatus::Doing) => ("Livraison en cours", "Being delivered"),
        (TrackingStep::Delivery, StepStatus::Done) => ("Livraison terminée", "Delivery finished"),
        (TrackingStep::Delivery, StepStatus::Error) => ("Livraison interrompue", "Delivery interrupted"),
        (TrackingStep::Available, StepStatus::Todo | StepStatus::Doing) => {
            ("Mise à disposition à venir", "Availability to come")
        }
        (TrackingStep::Available, StepStatus::Done) => ("Services disponibles", "Services available"),
        (TrackingStep::Available, StepStatus::Error) => ("Mise à disposition impossible", "Cannot be made available"),
    }
}
