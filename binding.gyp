{
  'targets': [{
    # All that knows nothing of Node, for both programs below.
    'includes': ['native/common.gypi'],
    'target_name': 'core',
    'type': 'static_library',
    'sources': ['<!@(ls native/base/*.cc native/netlink/*.cc native/ipvs/*.cc native/route/*.cc native/vrrp/*.cc native/probe/*.cc)'],
  }, {
    'includes': ['native/common.gypi'],
    'target_name': 'fairlead',
    'dependencies': ['core'],
    'sources': ['<!@(ls native/addon.cc native/js/*.cc)'],
    'defines': [
      'NAPI_VERSION=8',
      'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS',
      'NODE_ADDON_API_DISABLE_DEPRECATED',
      # Throwing while a worker is torn down is nobody's error.
      'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
    ],
    'cflags_cc': ['-isystem<!(node -p "require(\'node:path\').dirname(require.resolve(\'node-addon-api\'))")'],
  }, {
    # The process that says goodbye for a daemon that died.
    'includes': ['native/common.gypi'],
    'target_name': 'fairlead-warden',
    'type': 'executable',
    'dependencies': ['core'],
    'sources': ['native/warden/main.cc'],
    'ldflags': ['-Wl,--gc-sections'],
  }],
}
