"""Undo and redo of slider moves, against a plain list of states."""

import random

import pytest

from napari_wsss.session.moves import Moves


def test_a_drag_is_one_move():
    moves = Moves()
    for before, after in ((0.1, 0.2), (0.2, 0.3), (0.3, 0.4)):
        moves.record("cut", {"value": before}, {"value": after})
    assert moves.undo() == ("cut", {"value": 0.1})
    assert moves.undo() is None
    assert moves.redo() == ("cut", {"value": 0.4})
    assert moves.redo() is None


def test_a_rest_begins_a_new_move():
    moves = Moves()
    moves.record("cut", {"value": 0.1}, {"value": 0.2})
    moves.rest()
    moves.record("cut", {"value": 0.2}, {"value": 0.3})
    assert [moves.undo(), moves.undo(), moves.undo()] == [("cut", {"value": 0.2}), ("cut", {"value": 0.1}), None]


def test_another_knob_or_step_begins_a_new_move_without_a_rest():
    moves = Moves()
    moves.record("cut", {"value": 0.1, "scope": "slice"}, {"value": 0.2, "scope": "slice"})
    moves.record("cut", {"value": 0.2, "scope": "slice"}, {"value": 0.2, "scope": "volume"})
    moves.record("other", {"value": 5}, {"value": 6})
    assert moves.undo() == ("other", {"value": 5})
    assert moves.undo() == ("cut", {"scope": "slice"}), "only what differs is set"
    assert moves.undo() == ("cut", {"value": 0.1})


def test_equal_values_and_drags_that_come_back_are_no_moves():
    moves = Moves()
    moves.record("cut", {"value": 0.1}, {"value": 0.1})
    assert not moves.can_undo
    moves.record("cut", {"value": 0.1}, {"value": 0.2})
    moves.record("cut", {"value": 0.2}, {"value": 0.1})
    moves.rest()
    assert not moves.can_undo
    assert moves.undo() is None
    moves.record("cut", {"value": 0.1}, {"value": 0.2})
    moves.record("cut", {"value": 0.2}, {"value": 0.1})
    moves.record("other", {"value": 1}, {"value": 2})
    assert moves.undo() == ("other", {"value": 1})
    assert not moves.can_undo, "another knob ends the drag as well"


def test_a_new_move_forgets_what_could_be_redone_and_an_undo_ends_the_drag():
    moves = Moves()
    moves.record("cut", {"value": 1}, {"value": 2})
    assert moves.undo() == ("cut", {"value": 1})
    assert moves.can_redo
    moves.record("cut", {"value": 1}, {"value": 3})
    assert not moves.can_redo
    assert moves.redo() is None
    assert moves.undo() == ("cut", {"value": 1})
    assert not moves.can_undo
    moves.redo()
    moves.record("cut", {"value": 3}, {"value": 4})
    assert moves.undo() == ("cut", {"value": 3}), "what was redone is no part of the next drag"


def test_the_oldest_are_forgotten():
    moves = Moves(limit=3)
    for value in range(5):
        moves.record("cut", {"value": value}, {"value": value + 1})
        moves.rest()
    undone = []
    while moves.can_undo:
        undone.append(moves.undo()[1]["value"])
    assert undone == [4, 3, 2]
    moves.clear()
    assert not moves.can_redo


def test_what_is_given_out_is_the_callers():
    moves = Moves()
    moves.record("cut", {"value": 1}, {"value": 2})
    moves.undo()[1]["value"] = 9
    assert moves.redo() == ("cut", {"value": 2})


class Model:
    """The same with whole states in a list: slow and plainly right."""

    def __init__(self, state):
        self.past, self.state, self.future, self.drag = [], state, [], None

    def record(self, place, value):
        if self.state[place] == value:
            return
        if self.drag != place:
            self.rest()
            self.past.append(self.state)
        self.drag, self.future = place, []
        self.state = {**self.state, place: value}

    def rest(self):
        if self.drag is not None and self.past[-1] == self.state:
            self.past.pop()
        self.drag = None

    def undo(self):
        self.rest()
        if self.past:
            self.future.append(self.state)
            self.state = self.past.pop()

    def redo(self):
        self.rest()
        if self.future:
            self.past.append(self.state)
            self.state = self.future.pop()


@pytest.mark.parametrize("seed", range(30))
def test_random_moves_undos_and_redos_lead_where_whole_states_do(seed):
    draw = random.Random(seed)  # noqa: S311 (no secret)
    state = {("a", "x"): 0, ("a", "y"): 0, ("b", "x"): 0}
    moves, model = Moves(limit=10_000), Model(dict(state))
    for _ in range(400):
        action = draw.choice(["record"] * 5 + ["rest", "undo", "undo", "redo"])
        if action == "record":
            step, knob = place = draw.choice(list(state))
            value = draw.randrange(4)
            moves.record(step, {knob: state[place]}, {knob: value})
            model.record(place, value)
            state[place] = value
        elif action == "rest":
            moves.rest()
            model.rest()
        else:
            answer = getattr(moves, action)()
            getattr(model, action)()
            for knob, value in (answer[1] if answer else {}).items():
                state[answer[0], knob] = value
        assert state == model.state
        assert moves.can_redo == bool(model.future)
    while moves.can_undo:
        step, knobs = moves.undo() or (None, {})
        state |= {(step, knob): value for knob, value in knobs.items()}
    assert set(state.values()) == {0}
