{
  'targets': [{
    'target_name': 'fairlead',
    'sources': ['<!@(ls native/addon.cc native/base/*.cc native/netlink/*.cc native/ipvs/*.cc native/route/*.cc native/vrrp/*.cc native/probe/*.cc native/js/*.cc)'],
    'include_dirs': ['native'],
    'defines': [
      'NAPI_VERSION=8',
      'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS',
      'NODE_ADDON_API_DISABLE_DEPRECATED',
      # Throwing while a worker is torn down is nobody's error.
      'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
    ],
    'cflags!': ['-O3'],
    'cflags': ['-O2', '-fvisibility=hidden'],
    # Exceptions stay inside: out of memory and "no more threads" are caught at the job's edge.
    'cflags_cc!': ['-fno-exceptions', '-O3'],
    'cflags_cc': [
      '-std=c++20', '-fexceptions', '-Wall', '-Wextra', '-Werror',
      '-isystem<!(node -p "require(\'node:path\').dirname(require.resolve(\'node-addon-api\'))")',
    ],
  }],
}
