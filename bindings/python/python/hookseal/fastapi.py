"""A dependency for FastAPI: the delivery, once it has verified.

    from hookseal import Verifier
    from hookseal.fastapi import Delivery, SignedDelivery

    signed_delivery = SignedDelivery(Verifier(shared_key))

    @app.post("/webhooks", status_code=204)
    async def webhook(delivery: Annotated[Delivery, Depends(signed_delivery)]) -> None:
        print(delivery.json())

Take the payload from the delivery: a parameter with a Pydantic model would have FastAPI parse the body before anything has
verified it. Where such parameters are wanted, ``hookseal.asgi.SignatureMiddleware`` comes first.
"""

from hookseal.starlette import Delivery, SignedDelivery, refuse

__all__ = ["Delivery", "SignedDelivery", "refuse"]
