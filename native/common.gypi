{
  # What every target below has in common; included by each, because Node's own flags would otherwise come after these.
  'include_dirs': ['.'],
  'cflags!': ['-O3'],
  'cflags': ['-O2', '-fPIC', '-fvisibility=hidden', '-ffunction-sections', '-fdata-sections'],
  # Exceptions stay inside: out of memory and "no more threads" are caught at the job's edge.
  'cflags_cc!': ['-fno-exceptions', '-O3'],
  'cflags_cc': ['-std=c++20', '-fexceptions', '-Wall', '-Wextra', '-Werror'],
}
