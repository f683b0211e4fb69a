"""The WebSocket API as an AsyncAPI 3.0 document, made from the frames' models: `python -m tidings.protocol.asyncapi`.

For whoever generates a client in another language or tries frames in a tool.  No function imports this: schemas are
only made when somebody asks for them.
"""
