"""Whether an attempt's model is helped to see: the image agent."""

from ccrouter.config.groups import members_of
from ccrouter.config.types import Config
from ccrouter.frozen import frozen
from ccrouter.gateway.image_model import ImageModel
from ccrouter.model.request import Request
from ccrouter.pipeline.build import Pipeline
from ccrouter.pipeline.image_agent import needs_agent
from ccrouter.pipeline.look_rounds import LookRounds


@frozen
class LookPlan:
    """The conversation holds images, and the target's model is not to see them."""

    first: LookRounds
    """The rounds of the first answer; `request` is what the model is sent."""
    image_model: ImageModel


def seeing(pipeline: Pipeline, config: Config) -> Pipeline:
    """`pipeline`, and where Router.image names its model, that it sees: the config says so, whatever is known of it
    otherwise. Facts in a config are a provider's, and one provider may have models of both kinds.
    """
    route = config.router.image
    if pipeline.quirks.images or route is None or pipeline.target not in members_of(route, config):
        return pipeline
    return pipeline.knowing("images", value=True)


def plan_look(config: Config, pipeline: Pipeline, request: Request, image_model: ImageModel | None) -> LookPlan | None:
    """The plan, or None for nearly every request: no image, a model that sees, or no Router.image that could help."""
    route = config.router.image
    if route is None or image_model is None or (pipeline.quirks.images and not config.force_image_agent):
        return None
    if pipeline.target in members_of(route, config) or not needs_agent(request):
        return None
    return LookPlan(LookRounds(request), image_model)
