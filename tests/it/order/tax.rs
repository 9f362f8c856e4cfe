//! VAT of orders and their invoices, by where and what the buyer is.

use house::{Answer, Client, House, On, on_both};
use serde_json::{Value, json};

fn vps() -> Value {
    json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "automatic", "quantity": 1 })
}

async fn place(who: &Client) -> Answer {
    who.post("/v1/orders", &json!({ "items": [vps()] })).await
}

/// Where somebody lives.
fn home(country: &str, postal_code: &str) -> Value {
    json!({ "country": country, "postal_code": postal_code, "city": "Somewhere" })
}

/// The same as a company with its VAT id.
fn company(country: &str, postal_code: &str, vat_id: Option<&str>) -> Value {
    let mut profile = home(country, postal_code);
    profile["kind"] = json!("company");
    profile["organisation"] = json!("Muster GmbH");
    if let Some(id) = vat_id {
        profile["vat_id"] = json!(id);
    }
    profile
}

/// VAT, total, category, rate, scheme, mention.
type Shown = (String, String, String, Option<String>, String, Option<String>);

fn shown(order: &Answer) -> Shown {
    let optional = |name: &str| order.body.get(name).map(|text| text.as_str().unwrap().to_owned());
    (
        order.text("/totals/tax/amount"),
        order.text("/totals/gross/amount"),
        order.text("/tax_category"),
        optional("tax_rate"),
        order.text("/tax_scheme"),
        optional("tax_mention"),
    )
}

fn expected(tax: &str, gross: &str, (category, rate): (&str, Option<&str>), scheme: &str, mention: &str) -> Shown {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    (tax.into(), gross.into(), category.into(), rate.and_then(some), scheme.into(), some(mention))
}

on_both!(a_seller_below_the_threshold_charges_consumers_of_the_union_french_vat, "2026-01-30T09:00:00Z", |house| {
    Box::pin(async move {
        let french = expected("1.20", "7.20", ("S", Some("20")), "domestic", "");
        let overseas = "TVA non applicable - art. 294 du CGI";
        let outside = "TVA non applicable - art. 259-1 du CGI";
        for (profile, wanted) in [
            (home("FR", "75011"), french.clone()),
            (home("MC", "98000"), french.clone()),
            (home("DE", "10115"), french.clone()),
            // no VAT id: taxed like a consumer
            (company("DE", "10115", None), french),
            (home("FR", "97400"), expected("0.51", "6.51", ("S", Some("8.5")), "domestic_dom", "")),
            (home("GP", "97110"), expected("0.51", "6.51", ("S", Some("8.5")), "domestic_dom", "")),
            (home("FR", "97300"), expected("0.00", "6.00", ("E", Some("0")), "outside_scope_dom", overseas)),
            (
                company("DE", "10115", Some("DE136695976")),
                expected("0.00", "6.00", ("AE", Some("0")), "reverse_charge", "Autoliquidation"),
            ),
            (home("CH", "1201"), expected("0.00", "6.00", ("O", None), "outside_scope", "")),
            (company("US", "10001", None), expected("0.00", "6.00", ("O", None), "outside_scope", outside)),
            // the Canary Islands are outside the territory of VAT
            (home("ES", "35001"), expected("0.00", "6.00", ("O", None), "outside_scope", "")),
        ] {
            let who = house.customer().await;
            who.patch("/v1/account", &profile).await.expect(200);
            let order = place(&who).await.expect(201);
            assert_eq!(shown(&order), wanted, "{profile}");
            let quoted = who.post("/v1/orders?dry_run=true", &json!({ "items": [vps()] })).await.expect(200);
            assert_eq!(shown(&quoted), wanted, "{profile}: the quote says the same");
        }
    })
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seller_of_the_one_stop_shop_charges_consumers_the_vat_of_their_country() {
    for on in [On::Sqlite, On::Postgres] {
        let house = House::open_with(on, "2026-01-30T09:00:00Z", |config| config.tax.destination = true).await;
        for (profile, rate, tax) in [
            (home("DE", "10115"), "19", "1.14"),
            (home("FI", "00100"), "25.5", "1.53"),
            (home("LU", "1009"), "17", "1.02"),
            // Madeira has a rate of its own
            (home("PT", "9000-001"), "22", "1.32"),
            (company("HU", "1011", None), "27", "1.62"),
        ] {
            let who = house.customer().await;
            who.patch("/v1/account", &profile).await.expect(200);
            let order = place(&who).await.expect(201);
            let (found, _, category, found_rate, scheme, mention) = shown(&order);
            assert_eq!((found.as_str(), found_rate.as_deref()), (tax, Some(rate)), "{profile}");
            assert_eq!((category.as_str(), scheme.as_str(), mention), ("S", "oss", None), "{profile}");
        }
        house.close().await;
    }
}

on_both!(the_invoice_says_what_the_order_said, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_paying_with("sim_ok").await;
    who.patch("/v1/account", &company("DE", "10115", Some("DE136695976"))).await.expect(200);
    let order = place(&who).await.expect(201).text("/id");
    let pay = json!({ "source": "payment_method" });
    let path = format!("/v1/orders/{order}/payment");
    // another buyer pays another VAT: not on this order
    who.patch("/v1/account", &json!({ "vat_id": null })).await.expect(200);
    assert_eq!(who.post(&path, &pay).await.expect(409).code(), "order_tax_changed");
    who.patch("/v1/account", &json!({ "vat_id": "DE136695976" })).await.expect(200);
    who.post(&path, &pay).await.expect(201);
    house.settle().await;
    let listed = who.get("/v1/invoices").await.expect(200).items();
    let path = format!("/v1/invoices/{}", listed[0]["id"].as_str().unwrap());
    let invoice = who.get(&path).await.expect(200);
    assert_eq!(
        (invoice.text("/tax_scheme"), invoice.text("/mention")),
        ("reverse_charge".into(), "Autoliquidation".into())
    );
    assert_eq!((invoice.text("/taxes/0/category"), invoice.text("/taxes/0/rate")), ("AE".into(), "0".into()));
    assert_eq!(invoice.text("/taxes/0/exemption_code"), "VATEX-EU-AE");
    assert_eq!(
        (invoice.text("/totals/tax/amount"), invoice.text("/totals/gross/amount")),
        ("0.00".into(), "6.00".into())
    );
    assert_eq!(invoice.text("/buyer/vat_id"), "DE136695976");
    who.patch("/v1/account", &json!({ "vat_id": null })).await.expect(200);
    assert_eq!(who.get(&path).await.expect(200).body, invoice.body);
    // its renewal goes by what the buyer is then
    house.travel_to("2026-03-01T09:00:00Z").await;
    let mut who = who;
    who.log_in().await;
    let renewed = who.get("/v1/invoices").await.expect(200).items();
    assert_eq!(renewed.len(), 2, "{renewed:?}");
    let paths: Vec<String> = renewed
        .iter()
        .map(|it| format!("/v1/invoices/{}", it["id"].as_str().unwrap()))
        .filter(|it| *it != path)
        .collect();
    let renewal = who.get(&paths[0]).await.expect(200);
    assert_eq!((renewal.text("/tax_scheme"), renewal.text("/totals/gross/amount")), ("domestic".into(), "7.20".into()));
}));

on_both!(outside_the_scope_of_vat_no_rate_and_no_vat_id_is_printed, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer_paying_with("sim_ok").await;
        who.patch("/v1/account", &company("US", "10001", None)).await.expect(200);
        let order = place(&who).await.expect(201).text("/id");
        let pay = json!({ "source": "payment_method" });
        who.post(&format!("/v1/orders/{order}/payment"), &pay).await.expect(201);
        house.settle().await;
        let listed = who.get("/v1/invoices").await.expect(200).items();
        let invoice = who.get(&format!("/v1/invoices/{}", listed[0]["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(invoice.text("/mention"), "TVA non applicable - art. 259-1 du CGI");
        assert_eq!((invoice.text("/taxes/0/category"), invoice.body["taxes"][0].get("rate")), ("O".into(), None));
        assert_eq!(invoice.body["lines"][0].get("tax_rate"), None);
        assert_eq!(invoice.text("/taxes/0/exemption_code"), "VATEX-EU-O");
        assert_eq!(invoice.body["seller"].get("vat_id"), None, "{}", invoice.text);
        assert!(invoice.body["seller"]["siret"].is_string());
    }
));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seller_elsewhere_is_told_that_no_rule_is_known() {
    let house =
        House::open_with(On::Sqlite, "2026-01-30T09:00:00Z", |config| config.seller.country = "BE".into()).await;
    let who = house.customer().await;
    assert_eq!(place(&who).await.expect(422).code(), "tax_not_supported");
    house.close().await;
}

on_both!(what_decides_on_vat_stays_while_a_payment_is_under_way, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer_paying_with("sim_processing_3d").await;
        who.patch("/v1/account", &company("DE", "10115", Some("DE136695976"))).await.expect(200);
        let order = place(&who).await.expect(201).text("/id");
        who.post(&format!("/v1/orders/{order}/payment"), &json!({ "source": "payment_method" })).await.expect(202);
        for change in [json!({ "vat_id": null }), json!({ "postal_code": "10117" })] {
            assert_eq!(who.patch("/v1/account", &change).await.expect(409).code(), "payments_unsettled", "{change}");
        }
        who.patch("/v1/account", &json!({ "street": "1 place Neuve" })).await.expect(200);
    }
));
