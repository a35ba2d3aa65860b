"""Names the Asterisk modules that a dialer needs; what is not named is not loaded."""

from telephony.asterisk.ini import Section

_CORE = "pbx_config res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject res_crypto"
_MEDIA = (
    "res_rtp_asterisk res_srtp res_musiconhold res_format_attr_opus codec_alaw codec_ulaw codec_a_mu codec_g722"
    " codec_gsm codec_opus_open_source codec_resample format_pcm format_wav format_wav_gsm format_gsm format_sln"
    " format_ogg_opus_open_source"
)
_BRIDGES = (
    "bridge_builtin_features bridge_builtin_interval_features bridge_holding bridge_native_rtp bridge_simple"
    " bridge_softmix chan_bridge_media"
)
_SIP = (
    "res_pjsip res_pjsip_session res_pjsip_pubsub res_pjsip_sdp_rtp res_pjsip_nat res_pjsip_registrar res_pjsip_path"
    " res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest res_pjsip_outbound_registration"
    " res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_caller_id res_pjsip_header_funcs"
    " res_pjsip_transport_websocket res_pjsip_rfc3326 res_pjsip_dtmf_info res_pjsip_dlg_options res_pjsip_acl"
    " res_pjsip_logger res_http_websocket chan_pjsip"
)
# res_pjsip_refer is left out on purpose: nobody transfers a debtor by REFER; res_ari_device_states for its deadlock
_ARI = (
    "res_websocket_client res_stasis res_stasis_answer res_stasis_playback res_stasis_recording res_stasis_snoop"
    " app_stasis res_ari res_ari_model res_ari_applications res_ari_asterisk res_ari_bridges res_ari_channels"
    " res_ari_endpoints res_ari_events res_ari_playbacks res_ari_recordings res_ari_sounds"
)
_USES = (
    "app_amd func_callerid func_channel func_timeout func_hangupcause func_talkdetect func_volume"
    " func_pjsip_aor func_pjsip_contact func_pjsip_endpoint res_rtp_multicast chan_rtp res_mutestream"
)


def names() -> list[str]:
    """In the order of loading."""
    return " ".join((_CORE, _MEDIA, _BRIDGES, _SIP, _ARI, _USES)).split()


def sections() -> list[Section]:
    return [Section("modules", [("autoload", "no"), *(("load", f"{name}.so") for name in names())])]
