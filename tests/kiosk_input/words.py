"""What residents type into forms, complaints and searches of a county, with its pinyin.

Every word must be the first candidate of its letters.
"""

WORDS = """
zhengce 政策, zhengcechaxun 政策查询, banshizhinan 办事指南, banjianjindu 办件进度,
jinduchaxun 进度查询, shenqing 申请, banli 办理, yuyue 预约, jiaofei 缴费, butie 补贴, jintie 津贴,
buzhu 补助, jiuzhu 救助, linshijiuzhu 临时救助, yibao 医保, yibaoju 医保局, yibaobaoxiao 医保报销,
baoxiao 报销, baoxiaobili 报销比例, xinnonghe 新农合, hezuoyiliao 合作医疗,
nongcunhezuoyiliao 农村合作医疗, menzhen 门诊, zhuyuan 住院, zhuyuanfeiyong 住院费用,
manxingbing 慢性病, dabingbaoxian 大病保险, yidijiuyi 异地就医, zhuanzhen 转诊,
dingdianyiyuan 定点医院, xianyiyuan 县医院, weishengyuan 卫生院, cunyi 村医, chufang 处方,
yaodian 药店, shoushu 手术, touxi 透析, gaoxueya 高血压, tangniaobing 糖尿病, niaoduzheng 尿毒症,
yimiao 疫苗, tijian 体检, shebao 社保, shebaoka 社保卡, dibao 低保, dibaojin 低保金, yanglaojin 养老金,
yanglaobaoxian 养老保险, gaolingjintie 高龄津贴, canjizheng 残疾证, canjirenbutie 残疾人补贴,
shiyejin 失业金, shiyebaoxian 失业保险, shiyedengji 失业登记, gongshang 工伤,
gongshangrending 工伤认定, laodonghetong 劳动合同, laodongzhongcai 劳动仲裁, tuoqiangongzi 拖欠工资,
nongmingong 农民工, chuangyedanbaodaikuan 创业担保贷款, wubaohu 五保户, tekunrenyuan 特困人员,
fuxujin 抚恤金, shanyang 赡养, huohua 火化, hukou 户口, hukouben 户口本, hukoubu 户口簿, huji 户籍,
luohu 落户, shenfenzheng 身份证, juzhuzheng 居住证, jiehundengji 结婚登记, chushengzhengming 出生证明,
shengyudengji 生育登记, jiashizheng 驾驶证, gongzheng 公证, yingyezhizhao 营业执照,
getigongshanghu 个体工商户, shipinjingyingxukezheng 食品经营许可证, xukezheng 许可证,
shigongxuke 施工许可, zhaijidi 宅基地, tudichengbao 土地承包, tudiliuzhuan 土地流转, gengdi 耕地,
liangshibutie 粮食补贴, weifanggaizao 危房改造, gongzufang 公租房, zhufanggongjijin 住房公积金,
budongchandengji 不动产登记, shuiwu 税务, nashuishenbao 纳税申报, gerensuodeshui 个人所得税,
fapiao 发票, tingdian 停电, tingshui 停水, zilaishui 自来水, zaoyinraomin 噪音扰民, tousu 投诉,
jubao 举报, xinfang 信访, lingdaoxinxiang 领导信箱, xianzhang 县长, xianzhengfu 县政府,
cunweihui 村委会, juweihui 居委会, paichusuo 派出所, minzhengju 民政局, gonganju 公安局,
renshiju 人事局, rensheju 人社局, ludeng 路灯, lajiqingyun 垃圾清运, wushui 污水,
weizhangjianzhu 违章建筑, zhandaojingying 占道经营, ruxue 入学, zhuxuejin 助学金, youeryuan 幼儿园,
beijing 北京, shanghai 上海, guangdongsheng 广东省, henansheng 河南省, sichuansheng 四川省,
chengdushi 成都市, changshashi 长沙市, xi'an 西安, xi'anshi 西安市, jiefanglu 解放路, renminlu 人民路,
zhongshanlu 中山路, danyuan 单元, haolou 号楼, cunminxiaozu 村民小组, ouyang 欧阳, zhuge 诸葛,
shangguan 上官
"""

SENTENCES = """
woyaoshenqingdibao 我要申请低保, ludengbuliang 路灯不亮, zilaishuimeiyoushui 自来水没有水,
linjutaichao 邻居太吵, fangziloushui 房子漏水, wodeyanglaojin 我的养老金,
yibaozenmebaoxiao 医保怎么报销
"""

INITIALS = """
zc 政策, yb 医保, db 低保, sfz 身份证, ylj 养老金, hkb 户口本, xf 信访, ts 投诉, zccx 政策查询
"""
"""Must be on the first page."""

SOUTHERN = """
zengce 政策, longcun 农村, lanjingshi 南京市, xinfan 信访, longmingong 农民工, sengqing 申请,
senfenzheng 身份证, liulai 牛奶, laolianzheng 老年证
"""
"""Typed as many southern speakers say it, z for zh, l for n, in for ing; must be on the first page."""


def table(text: str) -> list[tuple[str, str]]:
    """Pairs of letters and word."""
    return [(pair.split()[0], pair.split()[1]) for pair in text.replace("\n", " ").split(",")]
