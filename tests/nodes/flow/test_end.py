from flowforge_lab.nodes import Registry


def test_the_result_is_what_came_in(visit):
    got = visit("flow.end", {}, {"a": 1})

    assert (got.status, got.result) == ("succeeded", {"a": 1})


def test_a_result_of_its_own_replaces_what_came_in(visit):
    assert visit("flow.end", {"result": None}, {"a": 1}).result is None


def test_may_end_as_failed_with_a_message(visit):
    got = visit("flow.end", {"status": "failed", "message": "no stock"})

    assert (got.status, got.message) == ("failed", "no stock")


def test_the_engine_knows_that_it_ends_and_leads_nowhere():
    kind = Registry().get("flow.end")

    assert kind.ends
    assert kind.outputs_of({}) == ()
