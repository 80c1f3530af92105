"""An actor without a scope sees nothing."""

from chartkeep.lib.actor import Actor, ActorKind
from chartkeep.lib.ids import new_id


def test_gives_nobody_a_role_or_a_record():
    for actor in (Actor.anonymous(), Actor.system()):
        assert actor.id is None
        assert not actor.is_administrator
        assert not actor.is_clinician
        assert actor.shared_records == frozenset()


def test_scopes_a_viewer_to_the_share():
    share, patient, record = new_id(), new_id(), new_id()
    actor = Actor.viewer(new_id(), share=share, patient=patient, records=frozenset({record}))
    assert (actor.kind, actor.share, actor.shared_patient) == (ActorKind.VIEWER, share, patient)
    assert actor.shared_records == {record}
