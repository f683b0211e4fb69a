"""The post that is meant: where a repost is answered, quoted, liked or passed on, that is done to what it passes on."""

from __future__ import annotations

from tidings.domain.errors import NotFound
from tidings.domain.posts import Post, PostRef
from tidings.ports.timelines import Posts
from tidings.services.visibility import Visibility


def no_such_post() -> NotFound:
    """There is none, or none for the caller."""
    return NotFound("There is no such post.")


class Originals:
    """Finds it."""

    def __init__(self, posts: Posts, visibility: Visibility) -> None:
        self._posts = posts
        self._visibility = visibility

    def meant(self, ref: PostRef) -> PostRef:
        """Which post `ref` is about, seen or not, deleted or not.  Raises `NotFound` for one that never was."""
        return self._get(ref).original

    def seen(self, reader: str, ref: PostRef) -> Post:
        """The post that `ref` is about, as it stands.

        Raises `NotFound` for one that is deleted, and for one that the reader must not see.
        """
        post = self._get(ref)
        if post.repost_of is not None:
            post = self._get(post.repost_of)
        if post.text is None or self._visibility.hidden(reader, [post.author]):
            raise no_such_post()
        return post

    def _get(self, ref: PostRef) -> Post:
        """Eventually consistent, and strongly where that finds nothing: it may be just written."""
        for strong in (False, True):
            post = self._posts.get(ref.author, ref.position, strong=strong)
            if post is not None:
                return post
        raise no_such_post()
