//! A gateway that takes weeks to answer.

use house::gateway::SLOW;
use house::on_both;

on_both!(a_service_is_neither_suspended_nor_deleted_while_its_money_may_still_come, "2026-01-31T09:00:00Z", |house| {
    Box::pin(async move {
        let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        ada.add_method(SLOW).await.expect(201);
        // suspension would be due on 7 March, deletion on 22 March
        house.travel_to("2026-04-10T10:00:00Z").await;
        let service = ada.clone_logged_in(&house).await.service().await;
        assert_eq!(service["status"], "active", "the debit is processing: nothing happens to the service");
        house.gateway.release();
        house.travel_days(2).await;
        let service = ada.clone_logged_in(&house).await.service().await;
        assert_eq!(service["status"], "active");
        assert!(service["expires_on"].as_str().unwrap() >= "2026-03-31", "{service}");
    })
});

on_both!(money_that_comes_for_a_service_that_is_gone_goes_back, "2026-01-31T09:00:00Z", |house| Box::pin(async move {
    let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    ada.add_method(SLOW).await.expect(201);
    house.travel_to("2026-03-01T10:00:00Z").await;
    // an operator's intervention, the only way past the guard: the service and its invoice go
    house.force_delete_only_service().await;
    house.gateway.release();
    house.travel_days(3).await;
    let ada = ada.clone_logged_in(&house).await;
    assert_eq!(ada.service().await["status"], "deleted");
    assert_eq!(house.gateway.slow_refunds().len(), 1, "the money is sent back, once");
    assert_eq!(ada.get("/v1/account/balance").await.expect(200).text("/balance/amount"), "0.00");
}));
