//! What the mail relay reports: mails that came back.

use super::emails::EmailStateView;
use crate::actions::Invalid;
use crate::actions::mailing::bounce::{self, Report};
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::Operator;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::mail::markup::one_line;
use crate::problem::{Problem, ProblemBody};
use actix_web::post;
use actix_web::web::Data;
use domain::id::EmailId;
use domain::mailing::BounceKind;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(report_bounce);
}

/// A mail that came back. It is named by its id or by its `Message-ID`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBounce {
    /// The mail.
    #[schema(value_type = Option<String>, nullable = false, pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "eml_01h455vb4pex5vsknk084sn02q")]
    email_id: Option<EmailId>,
    /// Its `Message-ID`, with or without angle brackets.
    #[schema(nullable = false, max_length = 320, example = "<eml_01h455vb4pex5vsknk084sn02q@tacit.example>")]
    message_id: Option<String>,
    /// `hard`: the address does not exist. `soft`: tried long enough. `complaint`: delivered, and called unwanted.
    #[schema(schema_with = kinds)]
    kind: BounceKind,
    /// The relay's words, for operators only.
    #[schema(nullable = false, max_length = 1000, example = "550 5.1.1 user unknown")]
    diagnostic: Option<String>,
}

fn kinds() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(BounceKind::ALL.iter().map(|kind| kind.as_str())))
        .examples([serde_json::json!("hard")])
        .build()
}

impl NewBounce {
    fn report(self) -> Result<Report, Problem> {
        let wrong = |pointer: &str, code| Problem::from(crate::actions::Error::from(Invalid::new(pointer, code)));
        let email = match (self.email_id, self.message_id.as_deref()) {
            (Some(id), None) => id,
            (None, Some(text)) => {
                let name = text.trim().trim_matches(['<', '>']).split('@').next().unwrap_or_default();
                name.parse().map_err(|_| wrong("/message_id", "invalid_id"))?
            }
            (Some(_), Some(_)) => return Err(wrong("/message_id", "invalid_value")),
            (None, None) => return Err(wrong("/email_id", "required")),
        };
        let diagnostic = self.diagnostic.map(|text| one_line(&text).trim().chars().take(1000).collect());
        Ok(Report { email, kind: self.kind, diagnostic })
    }
}

/// Reports a mail that came back.
#[utoipa::path(
    operation_id = "report_bounce", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Report a mail that came back",
    description = "What the relay's report of non-delivery says. A `hard` or `soft` bounce makes the mail `bounced`: it no longer proves that its reader was told, so a deletion that rests on it waits for another notice. A `hard` one, or the third `soft` one in 30 days, marks the address: its owner is told at the other addresses, and mails go there. A `complaint` is recorded. The same report again changes nothing.",
    request_body(content = NewBounce, example = json!({
        "email_id": "eml_01h455vb4pex5vsknk084sn02q", "kind": "complaint", "diagnostic": "abuse report",
    })),
    responses(
        (status = 200, description = "The mail", body = EmailStateView),
        (status = 404, description = "There is no such mail", body = ProblemBody),
        (status = 409, description = "The relay never accepted it, or it came back before", body = ProblemBody),
    ),
)]
#[post("/operator/bounces")]
pub async fn report_bounce(
    app: Data<App>,
    operator: Operator,
    key: Key,
    body: Body<NewBounce>,
) -> Result<Reply, Problem> {
    let report = body.0.report()?;
    key.once(&app, &operator.scope(), async |tx| {
        let mail = bounce::record(tx, &operator.cx(&app, operator.real_now), &report).await?;
        Ok(Reply::ok(&EmailStateView::from(mail)))
    })
    .await
}
