"""Push endpoints that die between two pushes: what SNS tells of an endpoint is a hint to look how it stands.

The hint may be old: the phone may have registered again since, with the same endpoint.  So the registration is read
first, then SNS is asked, and the endpoint is forgotten only if that registration still stands.  A registration enables
the endpoint before it is entered: whoever finds the endpoint disabled has read an older one.
"""

from __future__ import annotations

from tidings.ports.devices import Devices, Push
from tidings.ports.world import Meter


class Endpoints:
    """Keeps the device registry in step with SNS."""

    def __init__(self, devices: Devices, push: Push, meter: Meter) -> None:
        self._devices = devices
        self._push = push
        self._meter = meter

    def look(self, endpoint: str) -> None:
        """Forget the endpoint if it is disabled or gone.  Raises `Unavailable`."""
        owner = self._devices.owner(endpoint)
        if owner is None:
            return
        user_id, _, device_id = owner.partition("#")
        device = self._devices.get(user_id, device_id)
        alive = self._push.alive(endpoint)
        if alive:
            return
        if device is not None and device.endpoint == endpoint:
            self._devices.forget_endpoint(user_id, device_id, endpoint, device.position)
            self._meter.count("PushEndpointsDead")
        if alive is None:
            self._devices.disown(endpoint)
