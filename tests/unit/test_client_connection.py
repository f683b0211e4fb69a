"""The client over real sockets: losses, refusals and everyday use."""

import asyncio
import json

import pytest

from client import Client, Closed, Message, Refused, RequestError, State, Timing
from client.connection import address
from client.errors import ClientError
from tests.unit.client_rig import error, live, message, serve, until

QUICK = Timing(ack=0.1, ack_cap=0.4, retry=0.02, retry_cap=0.1, receipts=0.01)


async def test_messages_go_out_in_order_in_few_frames_and_come_in_once():
    async with serve() as rig, Client(rig.url, "alice-1", "laptop", timing=QUICK) as client:
        acks = await asyncio.gather(*(client.send("bob", f"{n}") for n in range(60)))
        assert [text for _, _, text in rig.model.log] == [f"{n}" for n in range(60)]
        assert [ack.position for ack in acks] == sorted(str(ack.position) for ack in acks)
        sends = [frame for _, frame in rig.model.heard if frame["action"] in ("send", "batch")]
        assert len(sends) <= 5
        assert rig.paths[0].endswith("?device=laptop")
        assert client.user_id == "alice"
        assert [each.text for each in client.conversation("dm#alice#bob")] == [f"{n}" for n in range(60)]


async def test_lost_frames_lost_replies_and_cut_lines_lose_and_repeat_nothing():
    async with serve() as rig:
        lost = iter([True, False, True, False, False, True] + [False] * 1_000)
        gone = iter([False, False, True, False, True] + [False] * 1_000)
        rig.intercept = lambda user, text: '"send"' in text and next(lost)
        rig.swallow = lambda reply: reply["type"] in ("ack", "batch") and next(gone)
        async with Client(rig.url, "alice-1", user_id="alice", timing=QUICK) as client:
            sends = []
            for n in range(30):
                sends.append(asyncio.create_task(client.send("bob", f"{n}")))
                if n in (7, 19):
                    await until(client.connected.is_set)
                    await client.drop()
                await asyncio.sleep(0)
            await asyncio.gather(*sends)
        assert [text for _, _, text in rig.model.log] == [f"{n}" for n in range(30)]
        assert len(rig.tokens) == 3


async def test_iterators_and_handlers_see_each_message_once_and_states_are_saved_after_them():
    async with serve() as rig:
        rig.model.mailboxes["alice"] = [message(n, f"m{n}") for n in range(5)]
        seen: list[str | None] = []

        async def handle(each: Message) -> None:
            await asyncio.sleep(0)
            seen.append(each.client_id)

        async with Client(rig.url, "alice-1", timing=QUICK, save=lambda state: seen.append(state.cursor)) as client:
            client.on_message(handle)
            incoming = client.messages()
            first = [await anext(incoming) for _ in range(5)]
            assert [each.via for each in first] == ["sync"] * 5
            await rig.sockets["alice"].send(live(message(4, "m4"), message(9, "m9")))
            assert (await anext(incoming)).client_id == "m9"
            await until(
                lambda: bool(rig.model.receipts) and rig.model.receipts[-1][1]["position"] == message(9, "")["position"]
            )
            await client.sync()
        ids = [each for each in seen if str(each).startswith("m")]
        assert ids == ["m0", "m1", "m2", "m3", "m4", "m9"]
        assert seen.index(rig.model.mailboxes["alice"][0]["client_id"]) == 0
        assert isinstance(seen[2], str)
        assert seen[2].isdigit()


async def test_a_saved_state_is_where_the_next_run_begins():
    async with serve() as rig:
        rig.model.mailboxes["alice"] = [message(1, "m1")]
        rig.model.now = 100_000
        states: list[State] = []
        async with Client(rig.url, "alice-1", timing=QUICK, save=states.append) as client:
            await client.sync()
            await until(lambda: bool(states))
        rig.model.heard.clear()
        async with Client(rig.url, "alice-1", timing=QUICK, load=lambda: states[-1]) as client:
            incoming = client.messages()
            await client.sync()
            rig.model.mailboxes["alice"].append(message(90_000, "m2"))
            await client.sync()
            assert (await anext(incoming)).client_id == "m2"
        syncs = [frame for _, frame in rig.model.heard if frame["action"] == "sync"]
        assert syncs[0]["cursor"] == states[-1].cursor


async def test_a_refused_token_ends_a_client_that_has_no_other():
    async with serve() as rig:
        rig.statuses = [401]
        async with Client(rig.url, "alice-1", timing=QUICK) as client:
            with pytest.raises(Refused) as refused:
                await client.whoami()
            assert refused.value.status == 401
            with pytest.raises(Refused):
                await client.send("bob", "x")
            with pytest.raises(Refused):
                await anext(client.messages())


async def test_a_fresh_token_is_asked_for_at_each_connect(caplog: pytest.LogCaptureFixture):
    async with serve() as rig:
        numbers = iter(range(100))
        rig.statuses = [403]

        async def token() -> str:
            return f"alice-{next(numbers)}"

        async with Client(rig.url, token, timing=QUICK) as client:
            await client.whoami()
            caplog.clear()
            rig.model.refuse = lambda action: error(None, "token_expired") if len(rig.tokens) < 3 else None
            await client.send("bob", "x")
            assert caplog.text == ""
        assert rig.tokens == ["alice-0", "alice-1", "alice-2"]


@pytest.mark.parametrize("code", [1001, 1008, 1011])
async def test_it_comes_back_after_the_gateway_closes(code: int):
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        await client.whoami()
        rig.intercept = lambda user, text: True
        pending = asyncio.create_task(client.send("bob", "x"))
        await asyncio.sleep(0)
        await rig.sockets["alice"].close(code)
        rig.intercept = lambda user, text: False
        await pending
        assert [text for _, _, text in rig.model.log] == ["x"]
        assert len(rig.tokens) == 2


async def test_1009_does_not_loop():
    async with serve() as rig:

        def too_large(user: str, text: str) -> bool:
            if len(text) > 3_000:
                asyncio.get_running_loop().create_task(rig.sockets[user].close(1009))
            return len(text) > 3_000

        rig.intercept = too_large
        async with Client(rig.url, "alice-1", timing=QUICK) as client:
            with pytest.raises(RequestError):
                await client.send("bob", "x" * 4_000)
            await client.send("bob", "small")


async def test_a_server_that_is_not_there_yet_is_waited_for_and_close_ends_the_waiting():
    async with Client("ws://127.0.0.1:9", "alice-1", timing=QUICK) as client:
        waiting = asyncio.create_task(client.send("bob", "x"))
        await asyncio.sleep(0)
        await client.close()
        with pytest.raises(Closed):
            await waiting


async def test_a_cancelled_call_that_has_not_left_is_never_sent():
    async with serve() as rig:
        async with Client(rig.url, "alice-1", user_id="alice", timing=QUICK) as client:
            first, second, third = (asyncio.create_task(client.send("bob", text)) for text in ("one", "two", "three"))
            await asyncio.sleep(0)
            second.cancel()
            await asyncio.gather(first, third)
        assert [text for _, _, text in rig.model.log] == ["one", "three"]


async def test_a_handler_that_raises_ends_nothing(caplog: pytest.LogCaptureFixture):
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        client.on_message(lambda message: 1 / 0)
        incoming = client.messages()
        await client.whoami()
        await rig.sockets["alice"].send(live(message(1, "m1"), message(2, "m2")))
        assert [(await anext(incoming)).client_id for _ in range(2)] == ["m1", "m2"]
    assert "text m1" not in caplog.text


async def test_timelines_history_and_devices_are_plain_calls():
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        post = {"author": "bob", "position": "p", "text": "t", "at": 1}
        rig.model.refuse = lambda action: {
            "timeline.home": {"type": "timeline", "posts": [post], "since": "s"},
            "timeline.user": {"type": "timeline", "posts": [post | {"truncated": True}], "before": "b"},
            "history": {"type": "history", "conversation": "c", "events": [message(1, "m")], "before": "b"},
            "device.register": {"type": "device", "device_id": "d", "registered": True, "push": "on"},
        }.get(action["action"])
        home = await client.home(limit=5)
        assert (home.posts[0].text, home.since, home.before) == ("t", "s", None)
        assert (await client.user_timeline("bob")).posts[0].truncated
        (found,), before = await client.history("c")
        assert (found.client_id, before) == ("m", "b")
        assert (await client.devices.register("fcm", "token"))["push"] == "on"
        for ack in (client.post("x"), client.follow("bob"), client.unfollow("bob"), client.delete_post("p")):
            assert (await ack).position
        for _, frame in rig.model.heard:
            assert None not in frame.values()
            assert "token" not in json.dumps(frame) or frame["action"] == "device.register"


def test_addresses():
    assert address("wss://x.example/dev", "my phone") == "wss://x.example/dev?device=my+phone"
    assert address("ws://127.0.0.1:1", None) == "ws://127.0.0.1:1/"
    with pytest.raises(ClientError):
        address("https://x.example", None)


async def test_what_came_live_is_not_repeated_by_the_next_run():
    async with serve() as rig:
        handed: list[str] = []
        states: list[State] = []
        for _ in range(2):
            latest = states[-1] if states else None
            async with Client(rig.url, "alice-1", timing=QUICK, load=lambda s=latest: s, save=states.append) as client:
                client.on_message(lambda each: handed.append(each.client_id))
                await client.sync()
                if not rig.model.mailboxes:
                    rig.model.mailboxes["alice"] = [message(1, "m1")]
                    await rig.sockets["alice"].send(live(message(1, "m1")))
                    await until(lambda: bool(client.conversation("dm#alice#bob")))
        assert handed == ["m1"]


async def test_ready_says_why_there_is_no_connection():
    async with Client("ws://127.0.0.1:9", "alice-1", timing=QUICK) as client:
        with pytest.raises(ClientError, match="Cannot connect"):
            await client.ready(0.05)
    async with serve() as rig:
        async with Client(rig.url, "alice-1", timing=QUICK) as client:
            await client.ready(20)
        rig.statuses = [403]
        async with Client(rig.url, "alice-1", timing=QUICK) as client:
            with pytest.raises(Refused, match="the device's id"):
                await client.ready(20)


async def test_who_gives_out_tokens_may_be_down_for_a_while(caplog: pytest.LogCaptureFixture):
    async with serve() as rig:
        answers = iter([OSError("secret"), ValueError("secret"), "alice-1"])

        def token() -> str:
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

        async with Client(rig.url, token, timing=QUICK) as client:
            await client.ready(20)
        assert rig.tokens == ["alice-1"]
    assert "secret" not in caplog.text
    assert caplog.text.count("trying again") == 1


async def test_that_no_connection_follows_an_orderly_end_is_told(caplog: pytest.LogCaptureFixture):
    async with serve() as rig, Client(rig.url, "alice-1", timing=QUICK) as client:
        await client.ready(20)
        await rig.sockets["alice"].close(1001)
        await until(lambda: len(rig.tokens) == 2)
        await client.whoami()
        assert caplog.text == ""
        rig.statuses = [503, 503]
        await rig.sockets["alice"].close(1001)
        await until(lambda: len(rig.tokens) == 5)
        await client.whoami()
    assert caplog.text.count("trying again: the gateway answered 503") == 1
