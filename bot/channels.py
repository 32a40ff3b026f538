"""Builds the configured channels; libraries of channels that are off are not imported."""

from __future__ import annotations

from bot.domain.messages import Abilities
from bot.house import House
from bot.ports import Channel
from config.settings import Settings
from storage.vault import SealedVault


def channels_of(settings: Settings) -> list[str]:
    """Return the names of the configured channels."""
    return list(settings.channels)


def abilities_of(house: House) -> dict[str, Abilities]:
    """Return what the configured channels can do, by name."""
    return {channel.name: channel.abilities for channel in build_channels(house)}


def build_channels(house: House) -> list[Channel]:
    """Return the configured channels; libraries of channels that are off are not imported."""
    channels: list[Channel] = []
    settings = house.settings
    if settings.telegram.token is not None:
        from bot.adapters.telegram.channel import TelegramChannel

        telegram = settings.telegram
        channels.append(
            TelegramChannel(
                token=settings.telegram.token.get_secret_value(),
                api_url=str(telegram.api_url),
                rate=telegram.rate,
                chat_rate=telegram.chat_rate,
            )
        )
    if settings.matrix.homeserver is not None and settings.matrix.user_id is not None:
        from bot.adapters.matrix.channel import MatrixChannel
        from bot.adapters.matrix.signin import Credentials

        matrix = settings.matrix
        credentials = Credentials(
            homeserver=settings.matrix.homeserver,
            user_id=settings.matrix.user_id,
            password=None if matrix.password is None else matrix.password.get_secret_value(),
            access_token=None if matrix.access_token is None else matrix.access_token.get_secret_value(),
            device_name=matrix.device_name,
        )
        channels.append(
            MatrixChannel(
                credentials,
                data_dir=settings.data_dir,
                pickle_key=house.keys.key("matrix_store").hex(),
                vault=SealedVault(house.database, key=house.keys.key("matrix_seeds"), clock=house.clock),
                polls=matrix.polls,
            )
        )
    return channels
