# Run in PJSIP's source tree, once it is configured: makes the Python module _pjsua2.so, and nothing that it
# does not need. The wrapper is one file that takes as long as all libraries together, so it is begun first and
# the libraries beside it. Wants PYTHON_INCLUDE.
include build.mak
include build/common.mak

LIBRARIES := pjlib pjlib-util pjnath pjmedia pjsip
HEADERS := $(foreach library,$(LIBRARIES),-I$(library)/include)
SWIG_DIR := pjsip-apps/src/swig

# Symbols are bound within the module: a call from one part of PJSIP to another takes no detour.
_pjsua2.so: wrapper.o $(LIBRARIES)
	$(CXX) -shared -s -Wl,-Bsymbolic -o $@ $< $(PJ_LDXXFLAGS) $(LDFLAGS) $(PJ_LDXXLIBS) $(LIBS)

wrapper.o: wrapper.cpp
	$(CXX) -c -w -O1 -fPIC -DNDEBUG -DPJ_AUTOCONF=1 -DPJ_IS_BIG_ENDIAN=0 -DPJ_IS_LITTLE_ENDIAN=1 \
	    -I$(PYTHON_INCLUDE) $(HEADERS) -o $@ $<

wrapper.cpp: $(SWIG_DIR)/pjsua2.i
	swig $(HEADERS) -c++ -python -threads -w312 -o $@ $<

# Each wants those before it to be there.
pjlib-util: pjlib
pjnath: pjlib-util
pjmedia: pjnath
pjsip: pjmedia

$(LIBRARIES):
	$(MAKE) --silent -C $@/build lib

.PHONY: $(LIBRARIES)
